import { SyncError, type CreateHash, type Lsn, type SqlConnection } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import { ensurePartitions, insertRows, lockHead, moveHead, type Appended, type HistoryHead } from './append.js';
import type { HistoryRow } from './history-row.js';
import type { HistoryEntry } from './history-transaction.js';
import { beginPlacement, type TransactionHead } from './placement.js';
import type { CaptureSource, CapturedChange } from './transaction.js';

export interface AppendLargeOptions {
  readonly slot: string;
  /** In force where it begins. */
  readonly schema: SchemaMeta;
  readonly source: CaptureSource;
  readonly from: HistoryHead;
  /** Makes the chain; default: in JavaScript. */
  readonly createHash?: CreateHash | undefined;
  readonly transaction: TransactionHead;
  /**
   * Its changes, piece by piece; returns where its commit ends. None of them is kept (I11). `tx`: the transaction that stores them, for what has to be
   * committed with them; the session is busy with it until the end.
   */
  readonly pieces: (tx: SqlConnection) => AsyncGenerator<readonly CapturedChange[], Lsn, void>;
}

/** Beyond so many row keys everybody is asked to look. */
const MOST_ROW_KEYS = 10_000;

/**
 * Persists one transaction that is too large to be held in memory: piece by piece, in one Postgres transaction, with the same rows and the same chain as
 * `appendTransactions` would give it. Throws `second-writer` like that; whatever `pieces` throws rolls everything back.
 */
export async function appendLarge(sql: SqlConnection, options: AppendLargeOptions): Promise<Appended> {
  const { slot, from, transaction } = options;
  return sql.transaction(async (tx) => {
    await lockHead(tx, slot, from);
    const placement = beginPlacement(transaction, { ...options, after: from.position });
    const keys = new KeySet();
    let last: HistoryRow | null = null; // kept back: it bears the chain
    let inserted: Promise<void> = Promise.resolve();
    const pieces = options.pieces(tx);
    let piece = await pieces.next();
    for (; piece.done !== true; piece = await pieces.next()) {
      const { rows, entries } = placement.place(piece.value);
      keys.addAll(entries);
      const all: readonly HistoryRow[] = last ? [last, ...rows] : rows;
      last = all.at(-1) ?? null;
      // Postgres stores one piece while the next one is read and placed: two are held, and neither waits for the other.
      await inserted;
      inserted = insertAll(tx, from, all.slice(0, -1));
      inserted.catch(() => undefined); // thrown where it is awaited, unless something else has failed before
    }
    await inserted;
    const { position, mutation, schema } = placement.end();
    if (!last) throw new SyncError('assertion-failed', 'a placed transaction has a last row');
    await insertAll(tx, from, [{ ...last, chain: position.chain }]);
    const head: HistoryHead = { position, lastCommitLsn: transaction.commitLsn, lastEndLsn: piece.value };
    await moveHead(tx, { slot, schema, from }, head);
    return {
      head,
      transactions: [
        {
          position,
          firstSeq: from.position.seq + 1n,
          commitLsn: transaction.commitLsn,
          commitTime: transaction.commitTime,
          schemaVersion: schema.version,
          mutation,
          entries: [],
          unloaded: { rowKeys: keys.keys },
        },
      ],
      schema,
    };
  });
}

async function insertAll(tx: SqlConnection, from: HistoryHead, rows: readonly HistoryRow[]): Promise<void> {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return;
  await ensurePartitions(tx, BigInt(first.seq), BigInt(last.seq));
  await insertRows(tx, from.position.epoch, rows);
}

class KeySet {
  keys: Set<string> | null = new Set();

  addAll(entries: readonly HistoryEntry[]): void {
    for (const { scopeOld, scopeNew } of entries) {
      if (scopeOld !== null) this.keys?.add(scopeOld);
      if (scopeNew !== null) this.keys?.add(scopeNew);
    }
    if (this.keys && this.keys.size > MOST_ROW_KEYS) this.keys = null;
  }
}
