import {
  appendTransactions,
  beginEpoch,
  readRange,
  type CapturedChange,
  type CapturedTransaction,
  type HistoryHead,
  type HistoryTransaction,
} from '@millrace/change-history';
import { schema } from '@millrace/db';
import { lsnFrom, parseLsn, type Lsn, type Position, type Row, type SqlConnection } from '@millrace/kernel';
import { migrateEngine } from '@millrace/migrations-server';
import { connectPg } from '@millrace/postgres';
import { acquireDatabase } from '@millrace/testing-harness';
import { createHash, randomUUID } from 'node:crypto';
import type { BenchContext } from '../core/bench.js';
import { machineNow } from '../core/machine-clock.js';

/** Of the history that {@link emptyHistory} begins. */
export const APPEND_SLOT = 'alone';
/** As many changes as the pump gives to one turn. */
const TURN_CHANGES = 2_000;

/** Everything in history after a position, as it was stored. */
export async function readHistory(sql: SqlConnection, after: Position, upTo: Position): Promise<HistoryTransaction[]> {
  const all: HistoryTransaction[] = [];
  for (let from = after; from.seq < upTo.seq; ) {
    const page = await readRange(sql, from, upTo);
    all.push(...page.transactions);
    if (page.to.seq <= from.seq) throw new Error(`history does not go on after ${from.seq}, but ends at ${upTo.seq}`);
    from = page.to;
  }
  return all;
}

/** The same as the pump took it, with the rows of transactions that are too large for {@link readHistory} to load. */
export async function readCaptured(
  sql: SqlConnection,
  after: Position,
  upTo: Position,
): Promise<CapturedTransaction[]> {
  const transactions: CapturedTransaction[] = [];
  let changes: CapturedChange[] = [];
  for (let seq = after.seq; seq < upTo.seq; ) {
    const { rows } = await sql.query(CAPTURED_SQL, [upTo.epoch, seq.toString(), upTo.seq.toString()]);
    for (const row of rows) {
      const commitLsn = parseLsn(row['lsn'] ?? '');
      changes.push(changeOf(row, commitLsn));
      if (row['chain'] === null) continue;
      const xid = BigInt(transactions.length + 1_000);
      transactions.push({ xid, commitLsn, endLsn: (commitLsn + 1n) as Lsn, commitTime: row['time'] ?? '', changes });
      changes = [];
    }
    if (rows.length === 0) throw new Error(`history ends before ${upTo.seq}`);
    seq = BigInt(rows.at(-1)?.['seq'] ?? '0');
  }
  return transactions;
}

const CAPTURED_SQL = /* sql */ `
  select seq, lsn, chain, table_name, operation, data::text as data, old_data::text as old_data, "timestamp"::text as time
  from sync.change_history where epoch = $1 and seq > $2 and seq <= $3 order by seq limit 10000`;

/** Rows in full, as a decoder yields them, out of what history keeps. */
function changeOf(row: Row, recordLsn: Lsn): CapturedChange {
  const oldRow = row['old_data'] ? (JSON.parse(row['old_data']) as Row) : null;
  const data = row['data'] ? (JSON.parse(row['data']) as Row) : null;
  return {
    table: row['table_name'] ?? '',
    operation: row['operation'] as CapturedChange['operation'],
    newRow: data && { ...oldRow, ...data },
    oldRow,
    unchangedToast: [],
    recordLsn,
  };
}

/** Stores transactions that were captured before in an empty history, as the pump does but with nothing else going on. Returns seconds. */
export async function historyAlone(context: BenchContext, captured: readonly CapturedTransaction[]): Promise<number> {
  await using database = await context.own(await acquireDatabase({ serverUrl: context.postgres.url }));
  await migrateEngine({ url: database.url });
  const sql = await connectPg({ connectionString: database.url, applicationName: 'bench-history' });
  try {
    const turns = turnsOf(captured);
    let from = await emptyHistory(sql);
    const began = machineNow();
    for (const transactions of turns) {
      const source = { decoder: 'pgoutput', reader: 'stream' } as const;
      ({ head: from } = await appendTransactions(sql, {
        slot: APPEND_SLOT,
        schema,
        source,
        createHash,
        from,
        transactions,
      }));
    }
    return (machineNow() - began) / 1000;
  } finally {
    await sql.close();
  }
}

/** A history that begins with the next transaction, whatever its address. */
export async function emptyHistory(sql: SqlConnection): Promise<HistoryHead> {
  const startLsn = lsnFrom(1n);
  const position = await beginEpoch(sql, {
    slot: APPEND_SLOT,
    epoch: randomUUID(),
    cause: 'first-start',
    afterSeq: 0n,
    startLsn,
    systemIdentifier: '0',
    timeline: 1,
    schemaVersion: schema.version,
  });
  return { position, lastCommitLsn: 0n as Lsn, lastEndLsn: startLsn };
}

function turnsOf(transactions: readonly CapturedTransaction[]): readonly (readonly CapturedTransaction[])[] {
  const turns: CapturedTransaction[][] = [];
  let changes = TURN_CHANGES;
  for (const transaction of transactions) {
    if (changes + transaction.changes.length > TURN_CHANGES) {
      turns.push([]);
      changes = 0;
    }
    turns.at(-1)?.push(transaction);
    changes += transaction.changes.length;
  }
  return turns;
}
