import type { FillCause } from '@millrace/change-history';
import type { SqlConnection } from '@millrace/kernel';
import { opsOf, type SchemaOp, type SchemaStep } from '@millrace/schema-compat';
import { quoteTable } from '@millrace/schema-meta';
import { requestFill } from './fill-request.js';

interface StepFill {
  readonly table: string;
  readonly cause: FillCause;
}

/**
 * Asks for fills of the tables that a migration makes everybody read anew: those whose readers it changes, and new ones that have rows, since what was
 * written before they were published is in no stream [M1, M4]. Their marks come in a transaction of their own behind the migration's: who reads the
 * tables has to have taken it. Called before that is persisted: the other way round, a crash in between would lose them (I12).
 */
export async function requestStepFills(sql: SqlConnection, step: SchemaStep): Promise<void> {
  const fills: StepFill[] = [];
  for (const fill of candidates(opsOf(step))) {
    if (fill.cause !== 'late-table' || (await hasRows(sql, fill.table))) fills.push(fill);
  }
  for (const [cause, ofCause] of Map.groupBy(fills, (fill) => fill.cause))
    await requestFill(sql, { cause, tables: ofCause.map(({ table }) => ({ name: table, signature: null })) });
}

/** By the names that the tables have behind all of it. */
function candidates(ops: readonly SchemaOp[]): readonly StepFill[] {
  const causes = new Map<string, FillCause>();
  for (const op of ops) {
    if (op.op === 'add-table') causes.set(op.table.name, 'late-table');
    else if (op.op === 'reread' && !causes.has(op.table)) causes.set(op.table, 'schema-changed');
    else if (op.op === 'drop-table') causes.delete(op.table.name);
    else if (op.op === 'rename-table') {
      const cause = causes.get(op.from);
      causes.delete(op.from);
      if (cause) causes.set(op.to, cause);
    }
  }
  return [...causes].map(([table, cause]) => ({ table, cause }));
}

/** As it is now: capture may be late, and then a fill too many is asked for, never one too few. A table that is gone by now needs none: asked
 * first, since an error would end the transaction that this may be part of. */
async function hasRows(sql: Pick<SqlConnection, 'query'>, table: string): Promise<boolean> {
  const found = await sql.query('select to_regclass($1)::text as found', [quoteTable(table)]);
  if (!found.rows[0]?.['found']) return false;
  const { rows } = await sql.query(`select exists (select from ${quoteTable(table)})::text as has_rows`);
  return rows[0]?.['has_rows'] === 'true';
}
