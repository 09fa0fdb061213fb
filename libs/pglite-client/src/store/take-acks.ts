import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import type { MutationResult } from '@millrace/sync-protocol';
import { reasonOf, touchedKeys, type PendingChange } from '../core/pending-mutation.js';
import { changeOf, text } from './outbox-rows.js';
import type { TextSql } from './text-sql.js';

/** Table name → key texts of its rows. */
export type TouchedRows = Map<string, Set<string>>;

/**
 * Acked mutations leave the outbox; refused ones are kept with their reason (I2). Returns the rows they touched, which have to be re-based.
 * Results of mutations that are not pending are news of the past: nothing happens (I3).
 */
export async function takeAcks(
  sql: TextSql,
  schema: SchemaMeta,
  results: readonly MutationResult[],
): Promise<TouchedRows> {
  if (results.length === 0) return new Map();
  const txIds = results.map((result) => result.txId);
  const { rows } = await sql.query(
    `select c.tx_id, c.table_name, c.operation, c.key, c.set, c.old, c.version, c.local
     from sync.client_changes c join sync.client_mutation m using (tx_id) where c.tx_id = any($1::uuid[]) order by c.seq`,
    [txIds],
  );
  const byTx = Map.groupBy(rows, (row) => text(row, 'tx_id'));
  await forgetRefusals(
    sql,
    results.filter(({ txId }) => !byTx.has(txId)),
  );
  if (rows.length === 0) return new Map();
  for (const result of results) {
    const changes = byTx.get(result.txId)?.map(changeOf);
    if (changes && result.verdict === 'rejected') await keepRejected(sql, result, changes);
  }
  await sql.query('delete from sync.client_changes where tx_id = any($1::uuid[])', [txIds]);
  await sql.query('delete from sync.client_mutation where tx_id = any($1::uuid[])', [txIds]);
  return rowsTouchedBy(schema, rows.map(changeOf));
}

/** What was refused here, since a migration left no words for it, the server may have taken on its way [M3]: its word counts. */
async function forgetRefusals(sql: TextSql, results: readonly MutationResult[]): Promise<void> {
  const taken = results.filter(({ verdict }) => verdict !== 'rejected').map(({ txId }) => txId);
  if (taken.length === 0) return;
  await sql.query(`delete from sync.rejected where tx_id = any($1::uuid[]) and reason ->> 'code' = 'schema-changed'`, [
    taken,
  ]);
}

async function keepRejected(sql: TextSql, result: MutationResult, changes: readonly PendingChange[]): Promise<void> {
  await sql.query(
    'insert into sync.rejected (tx_id, mutation_id, reason, changes) values ($1, $2, $3::jsonb, $4::jsonb) on conflict (tx_id) do nothing',
    [result.txId, String(result.mutationId), JSON.stringify(reasonOf(result)), JSON.stringify(changes)],
  );
}

function rowsTouchedBy(schema: SchemaMeta, changes: readonly PendingChange[]): TouchedRows {
  const touched: TouchedRows = new Map();
  for (const change of changes) {
    const table = findTable(schema, change.table);
    if (table) addKeys(touched, table.name, touchedKeys(table, change));
  }
  return touched;
}

export function addKeys(touched: TouchedRows, table: string, keys: Iterable<string>): void {
  const known = touched.get(table) ?? new Set<string>();
  touched.set(table, known);
  for (const key of keys) known.add(key);
}
