import type { SqlConnection } from '@millrace/kernel';
import { opsOf, type SchemaOp, type SchemaStep } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import { catalogSignatures } from './column-signature.js';
import type { ConfirmedStore } from './confirmed-store.js';
import { tableWritings } from './slot/rewrites.js';

/**
 * What a migration does to its tables is told by the migration: from it on they are known as they are now, or each would pass for rewritten behind its back and be
 * read anew once more [M4]. Called before its own fills are asked for: what is rewritten after this is found by the next look, and what before, they read.
 * `schema`: in force behind the step.
 */
export async function noteStepWritings(
  sql: SqlConnection,
  store: Pick<ConfirmedStore, 'loadWritings' | 'saveWritings'>,
  { schema, step }: { readonly schema: SchemaMeta; readonly step: SchemaStep },
): Promise<void> {
  const touched = new Set(opsOf(step).flatMap(tablesOf));
  const theirs = { ...schema, tables: schema.tables.filter(({ name }) => touched.has(name)) };
  const now = await tableWritings(sql, theirs, await catalogSignatures(sql, theirs));
  const before = (await store.loadWritings()) ?? new Map();
  await store.saveWritings(new Map([...[...before].filter(([table]) => !touched.has(table)), ...now]));
}

/** By every name that they have on the way. */
function tablesOf(op: SchemaOp): readonly string[] {
  switch (op.op) {
    case 'add-table':
    case 'drop-table':
      return [op.table.name];
    case 'rename-table':
      return [op.from, op.to];
    default:
      return [op.table];
  }
}
