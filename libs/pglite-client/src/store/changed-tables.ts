import type { ReceivedTransaction } from '../core/received-transaction.js';

/** Table → seq of the last of these transactions that changes it: since then its base rows are as they are [S6]. */
export function changedTables(transactions: readonly ReceivedTransaction[]): ReadonlyMap<string, bigint> {
  return new Map(
    transactions.flatMap(({ position, changes }) => changes.map(({ table }) => [table, position.seq] as const)),
  );
}

/** The same of a transaction with steps: a table that is another one since has another hash, whatever its rows. */
export function changedAtStep(
  stepped: Iterable<string>,
  transaction: ReceivedTransaction,
): ReadonlyMap<string, bigint> {
  const { seq } = transaction.position;
  return new Map([...[...stepped].map((name) => [name, seq] as const), ...changedTables([transaction])]);
}
