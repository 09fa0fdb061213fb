import type { ReceivedTransaction } from '../core/received-transaction.js';

/** Table → seq of the last of these transactions that changes it: since then its base rows are as they are [S6]. */
export function changedTables(transactions: readonly ReceivedTransaction[]): ReadonlyMap<string, bigint> {
  return new Map(
    transactions.flatMap(({ position, changes }) => changes.map(({ table }) => [table, position.seq] as const)),
  );
}
