import {
  appendTransactions,
  beginEpoch,
  readRange,
  type CapturedTransaction,
  type HistoryHead,
  type HistoryTransaction,
} from '@millrace/change-history';
import { schema } from '@millrace/db';
import { lsnFrom, type Lsn, type Position, type SqlConnection } from '@millrace/kernel';
import { migrateEngine } from '@millrace/migrations-server';
import { connectPg } from '@millrace/postgres';
import { acquireDatabase } from '@millrace/testing-harness';
import { randomUUID } from 'node:crypto';
import type { BenchContext } from '../core/bench.js';
import { machineNow } from '../core/machine-clock.js';

const SLOT = 'alone';
/** As many changes as the pump gives to one turn. */
const TURN_CHANGES = 5_000;

/** Everything in history after a position, as it was stored. */
export async function readHistory(sql: SqlConnection, after: Position, upTo: Position): Promise<HistoryTransaction[]> {
  const all: HistoryTransaction[] = [];
  for (let from = after; from.seq < upTo.seq; ) {
    const page = await readRange(sql, from, upTo);
    all.push(...page.transactions);
    from = page.to;
  }
  return all;
}

/** Stores transactions that were captured before in an empty history, as the pump does but with nothing else going on. Returns seconds. */
export async function historyAlone(context: BenchContext, stored: readonly HistoryTransaction[]): Promise<number> {
  await using database = await context.own(await acquireDatabase({ serverUrl: context.postgres.url }));
  await migrateEngine({ url: database.url });
  const sql = await connectPg({ connectionString: database.url, applicationName: 'bench-history' });
  try {
    const turns = turnsOf(stored.map(capturedOf));
    let from = await emptyHistory(sql);
    const began = machineNow();
    for (const transactions of turns) {
      const source = { decoder: 'pgoutput', reader: 'stream' } as const;
      ({ head: from } = await appendTransactions(sql, { slot: SLOT, schema, source, from, transactions }));
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
    slot: SLOT,
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

/** A transaction as the decoder had yielded it: rows in full, out of what history keeps of them. */
export function capturedOf(stored: HistoryTransaction, index: number): CapturedTransaction {
  return {
    xid: BigInt(index + 1_000),
    commitLsn: stored.commitLsn,
    endLsn: (stored.commitLsn + 1n) as Lsn,
    commitTime: stored.commitTime,
    changes: stored.entries.map(({ table, operation, data, oldData }) => ({
      table,
      operation,
      newRow: data && { ...oldData, ...data },
      oldRow: oldData,
      unchangedToast: [],
      recordLsn: stored.commitLsn,
    })),
  };
}

export const APPEND_SLOT = SLOT;

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
