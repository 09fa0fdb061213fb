import type { SqlConnection } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import { catalogSignatures } from '../column-signature.js';
import type { ConfirmedStore } from '../confirmed-store.js';
import { requestFill } from '../fill-request.js';
import { readPublication, type PublicationOptions } from './publication.js';

export interface KnownColumnsOptions {
  readonly schema: SchemaMeta;
  readonly store: ConfirmedStore;
  /** A history begins here: whatever the tables are now is what it knows. */
  readonly fresh: boolean;
}

/**
 * The columns of the synced tables as history knows them. Where the catalog has others by now, a fill is asked for: the stream may tell of it
 * only when the table is next written to, and perhaps never [M4]. If it has told by then, the request is without effect.
 */
export async function knownColumns(
  sql: SqlConnection,
  { schema, store, fresh }: KnownColumnsOptions,
): Promise<ReadonlyMap<string, string>> {
  const now = await catalogSignatures(sql, schema);
  const stored = fresh ? null : await store.loadSignatures();
  const known = new Map([...now, ...(stored ?? [])]);
  if (!stored || known.size > stored.size) await store.saveSignatures(known);
  const rewritten = [...now].filter(([table, signature]) => known.get(table) !== signature);
  if (rewritten.length > 0) {
    const tables = rewritten.map(([name, signature]) => ({ name, signature }));
    await requestFill(sql, { cause: 'rewritten', tables });
  }
  return known;
}

/** What the catalog says of the synced tables and of how they are published: another text is a reason to look closer. */
export async function catalogText(sql: SqlConnection, options: PublicationOptions): Promise<string> {
  const { exists, missing, memberships, leavesOut } = await readPublication(sql, options);
  return JSON.stringify([
    exists,
    missing,
    leavesOut,
    ...memberships,
    ...(await catalogSignatures(sql, options.schema)),
  ]);
}
