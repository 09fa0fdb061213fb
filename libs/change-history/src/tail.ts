import { assert, positionEquals, type Position } from '@millrace/kernel';
import { clientKey } from '@millrace/sync-rules';
import type { HistoryEntry, HistoryPage, HistoryTransaction } from './history-transaction.js';

export interface TailOptions {
  /** UTF-16 units of row data that are kept, by and large [Z2]. */
  readonly maxChars: number;
}

export interface TailRequest {
  /** Where history ends now. A tail of another epoch, or one that ends before it, serves nothing: its page would pass for all there is. */
  readonly head: Position;
  readonly rowKeys: readonly string[];
}

/** The newest stretch of history in memory: it serves most catch-ups without a query. */
export interface Tail {
  /** Adds whole transactions that follow one another, the first one right after `from`. Anything else (an epoch, a gap) empties the tail first, and so does one that is not in memory. */
  append(from: Position, transactions: readonly HistoryTransaction[]): void;
  /** A new epoch begins here [E2]: nothing that came before it is served from memory again. */
  begin(head: Position): void;
  /** Everything after a cursor that touches these row keys, or null where the tail does not hold that cursor: then history has to be read. */
  page(after: Position, request: TailRequest): HistoryPage | null;
  /** For status and tests. */
  readonly size: { readonly transactions: number; readonly chars: number };
}

export function createTail({ maxChars }: TailOptions): Tail {
  let start: Position | null = null;
  let kept: { readonly transaction: HistoryTransaction; readonly chars: number }[] = [];
  let chars = 0;

  const end = (): Position | null => kept.at(-1)?.transaction.position ?? start;

  const restartAt = (position: Position): void => {
    start = position;
    kept = [];
    chars = 0;
  };

  const dropOldest = (): void => {
    let dropped = 0;
    while (chars > maxChars && dropped < kept.length) {
      const oldest = kept[dropped++] as (typeof kept)[number];
      chars -= oldest.chars;
      start = oldest.transaction.position;
    }
    if (dropped > 0) kept = kept.slice(dropped);
  };

  return {
    append(from, transactions) {
      const last = end();
      if (!last || !positionEquals(last, from)) restartAt(from);
      for (const transaction of transactions) {
        assert(transaction.firstSeq === (end() as Position).seq + 1n, 'the tail takes transactions without gaps (I4)');
        if (transaction.unloaded) {
          restartAt(transaction.position);
          continue;
        }
        const size = transactionChars(transaction);
        kept.push({ transaction, chars: size });
        chars += size;
      }
      dropOldest();
    },

    begin: restartAt,

    page(after, { head, rowKeys }) {
      const to = end();
      if (!start || !to || to.epoch !== head.epoch || to.seq < head.seq) return null;
      const first = positionEquals(start, after) ? 0 : indexAfter(kept, after);
      if (first === null) return null;
      const keys = new Set(rowKeys);
      const transactions = kept.slice(first).flatMap(({ transaction }) => partFor(transaction, keys) ?? []);
      return { from: after, to, transactions };
    },

    get size() {
      return { transactions: kept.length, chars };
    },
  };
}

/** The index after the transaction that ends at a position; binary, since catch-ups are frequent and the tail is long. */
function indexAfter(kept: readonly { readonly transaction: HistoryTransaction }[], after: Position): number | null {
  let low = 0;
  let high = kept.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { position } = (kept[middle] as (typeof kept)[number]).transaction;
    if (position.seq === after.seq) return positionEquals(position, after) ? middle + 1 : null;
    if (position.seq < after.seq) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** The part of a transaction that touches a set of row keys; null if none does [D2]. */
export function partFor(transaction: HistoryTransaction, rowKeys: ReadonlySet<string>): HistoryTransaction | null {
  const entries = transaction.entries.filter((entry) => touches(entry, rowKeys));
  if (entries.length === 0) return null;
  if (entries.length === transaction.entries.length) return transaction;
  const ownKey = transaction.mutation && clientKey(transaction.mutation.clientId);
  const own = entries.some((entry) => entry.scopeNew === ownKey);
  return { ...transaction, entries, mutation: own ? transaction.mutation : null };
}

function touches(entry: HistoryEntry, rowKeys: ReadonlySet<string>): boolean {
  return (
    (entry.scopeNew !== null && rowKeys.has(entry.scopeNew)) || (entry.scopeOld !== null && rowKeys.has(entry.scopeOld))
  );
}

function transactionChars(transaction: HistoryTransaction): number {
  let chars = 200;
  for (const entry of transaction.entries) chars += 200 + rowChars(entry.data) + rowChars(entry.oldData);
  return chars;
}

function rowChars(row: HistoryEntry['data']): number {
  let chars = 0;
  for (const column in row) chars += column.length + (row[column]?.length ?? 0) + 6;
  return chars;
}
