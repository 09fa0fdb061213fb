import { readReplicationState } from '@millrace/change-history';
import { SyncError, must, parseLsn, type Lsn, type Position, type SqlConnection } from '@millrace/kernel';
import { quoteTable, type TableMeta } from '@millrace/schema-meta';
import { bareType } from '../format/layout.js';

/**
 * Synchronized scans would start a table in its middle and parallel ones mix its rows: the same rows would have other bytes each time, and
 * one snapshot would take more than its one backend (I11).
 */
const SETTINGS = `
  set local lock_timeout = '2s';
  set local synchronize_seqscans = off;
  set local max_parallel_workers_per_gather = 0`;

/** What rows stand on that are read in one transaction. */
export interface ReadBasis {
  /** S: the end of history as the transaction sees it. */
  readonly position: Position;
  /** Commit address of S. */
  readonly lsn: Lsn;
  /** W: everything that the transaction sees was written before it [S2]. */
  readonly seenUpTo: Lsn;
  /** Of all transactions that were older (an xid8 as text), the transaction sees what they did. */
  readonly oldestRunning: string;
}

/**
 * Runs `read` in one transaction on these tables as they were at one moment [S1]. Locks come first, in name order and before the snapshot
 * is taken: a TRUNCATE or a rewriting ALTER that came between snapshot and lock would leave a table that looks empty; and two readers never
 * wait for each other.
 *
 * @throws SqlError `55P03` where DDL holds a table for longer than 2 s; SyncError `snapshot-failed` if a table is not as the schema says
 */
export function readTables<T>(
  session: SqlConnection,
  { tables, slot, mostMs }: { readonly tables: readonly TableMeta[]; readonly slot: string; readonly mostMs: number },
  read: (sql: SqlConnection, basis: ReadBasis) => Promise<T>,
): Promise<T> {
  return session.transaction(
    async (sql) => {
      // One statement copies a whole table: that it gets on is watched otherwise.
      await sql.query(`${SETTINGS}; set local statement_timeout = ${mostMs}`);
      await sql.query(lockStatement(tables));
      const basis = await readBasis(sql, slot);
      for (const table of tables) await assertColumns(sql, table);
      return read(sql, basis);
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}

function lockStatement(tables: readonly TableMeta[]): string {
  const names = tables.map(({ name }) => quoteTable(name)).sort();
  return names.length === 0 ? 'select' : `lock table ${names.join(', ')} in access share mode`;
}

/** The first read of the transaction: by it the snapshot is taken. */
async function readBasis(sql: SqlConnection, slot: string): Promise<ReadBasis> {
  const state = await readReplicationState(sql, slot);
  if (state === null) throw new SyncError('snapshot-failed', 'history has not begun yet: try again');
  const { rows } = await sql.query(
    'select pg_current_wal_insert_lsn() as lsn, pg_snapshot_xmin(pg_current_snapshot())::text as oldest_running',
  );
  return {
    position: state.position,
    lsn: state.lastCommitLsn,
    seenUpTo: parseLsn(must(rows[0]?.['lsn'], 'a server has a WAL position')),
    oldestRunning: must(rows[0]?.['oldest_running'], 'a snapshot has an oldest transaction'),
  };
}

/**
 * Binary rows say nothing of their types: a column that was altered behind the schema's back would be loaded as something else. Lengths and
 * precisions do not change the bytes.
 */
async function assertColumns(sql: SqlConnection, { name, columns }: TableMeta): Promise<void> {
  const { rows } = await sql.query(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [quoteTable(name)],
  );
  const types = new Map(rows.map((row) => [row['name'], row['type'] ?? '']));
  for (const column of columns) {
    const found = types.get(column.name);
    const copied = column.type === column.clientType;
    if (found !== undefined && (!copied || bareType(found) === bareType(column.type))) continue;
    throw new SyncError(
      'snapshot-failed',
      `a column of ${name} is not as the schema in force says: run the migration that changed it, or undo what was changed without one`,
    );
  }
}
