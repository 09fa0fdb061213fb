import type { SqlConnection } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import { catalogSignatures } from '../column-signature.js';
import type { ConfirmedStore } from '../confirmed-store.js';
import { requestFill } from '../fill-request.js';
import { readPublication, type PublicationOptions } from './publication.js';
import { tableWritings, wasRewritten, type TableWriting } from './rewrites.js';

export interface KnownColumnsOptions {
  readonly schema: SchemaMeta;
  readonly store: ConfirmedStore;
  /** A history begins here: whatever the tables are now is what it knows. */
  readonly fresh: boolean;
}

/**
 * The columns of the synced tables as history knows them. Where the catalog has others by now, or rows were rewritten under the same
 * columns, a fill is asked for: the stream may tell of the former only when the table is next written to, and never of the latter [M4]. If it has told
 * by then, the request is without effect.
 */
export async function knownColumns(
  sql: SqlConnection,
  { schema, store, fresh }: KnownColumnsOptions,
): Promise<ReadonlyMap<string, string>> {
  const now = await catalogSignatures(sql, schema);
  const stored = fresh ? null : await store.loadSignatures();
  const known = new Map([...now, ...(stored ?? [])]);
  if (!stored || known.size > stored.size) await store.saveSignatures(known);
  const altered = [...now].filter(([table, signature]) => known.get(table) !== signature);
  const writings = await tableWritings(sql, schema, now);
  const writtenBefore = fresh ? null : await store.loadWritings();
  const rewritten = [...writings].filter(([table, writing]) => {
    const before = writtenBefore?.get(table);
    return before !== undefined && wasRewritten(before, writing) && known.get(table) === writing.signature;
  });
  const tables = [
    ...altered.map(([name, signature]) => ({ name, signature })),
    ...rewritten.map(([name]) => ({ name, signature: null })),
  ];
  if (tables.length > 0) await requestFill(sql, { cause: 'rewritten', tables });
  // After what was asked for because of them: a crash in between asks twice, which is one fill too many and not one too few.
  if (!areEqual(writtenBefore, writings)) await store.saveWritings(writings);
  return known;
}

function areEqual(a: ReadonlyMap<string, TableWriting> | null, b: ReadonlyMap<string, TableWriting>): boolean {
  return a !== null && JSON.stringify([...a]) === JSON.stringify([...b]);
}

/** What the catalog says of the synced tables and of how they are published: another text is a reason to look closer. */
export async function catalogText(sql: SqlConnection, options: PublicationOptions): Promise<string> {
  const signatures = await catalogSignatures(sql, options.schema);
  const { exists, missing, memberships, leavesOut } = await readPublication(sql, options);
  return JSON.stringify([
    exists,
    missing,
    leavesOut,
    ...memberships,
    ...signatures,
    ...(await tableWritings(sql, options.schema, signatures)),
  ]);
}
