import { readPosition } from '@millrace/change-history';
import { SyncError, must, parseLsn, type Lsn, type Position, type SqlConnection } from '@millrace/kernel';
import { quoteTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

/**
 * Synchronized scans would start a table in its middle and parallel ones mix its rows: the same rows would have other bytes each time, and
 * one snapshot would take more than its one backend (I11).
 */
const SETTINGS = `
  set local lock_timeout = '2s';
  set local synchronize_seqscans = off;
  set local max_parallel_workers_per_gather = 0`;

/** What the snapshot's transaction stands on. */
export interface ReadBasis {
  /** S: the end of history as the transaction sees it. */
  readonly position: Position;
  /** W: everything that the transaction sees was written before it [S2]. */
  readonly seenUpTo: Lsn;
}

/**
 * Begins the transaction that reads all rows [S1]: locks first and in name order, so that neither DDL comes between snapshot and
 * rows nor two builders wait for each other; then position and rows from one snapshot.
 */
export async function beginReading(sql: SqlConnection, schema: SchemaMeta, slot: string): Promise<ReadBasis> {
  await sql.query('begin isolation level repeatable read read only');
  await sql.query(SETTINGS);
  await sql.query(lockStatement(schema));
  const position = await readPosition(sql, slot);
  if (position === null) throw new SyncError('snapshot-failed', 'history has not begun yet: try again');
  const { rows } = await sql.query('select pg_current_wal_insert_lsn() as lsn');
  return { position, seenUpTo: parseLsn(must(rows[0]?.['lsn'], 'a server has a WAL position')) };
}

/** About how many rows the table has, in scope or not. */
export async function estimateRows(sql: SqlConnection, table: TableMeta): Promise<number> {
  const { rows } = await sql.query(
    'select greatest(reltuples, 0)::bigint as rows from pg_class where oid = $1::regclass',
    [quoteTable(table.name)],
  );
  return Number(rows[0]?.['rows'] ?? 0);
}

function lockStatement(schema: SchemaMeta): string {
  const names = schema.tables.map(({ name }) => quoteTable(name)).sort();
  return names.length === 0 ? 'select' : `lock table ${names.join(', ')} in access share mode`;
}
