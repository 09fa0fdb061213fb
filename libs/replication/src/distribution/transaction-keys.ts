import type { HistoryEntry, HistoryTransaction } from '@millrace/change-history';

/** Row keys that a transaction's entries carry; its mutation's client is among them by its own key [D2]. */
export function keysOf(transaction: HistoryTransaction): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { scopeOld, scopeNew } of transaction.entries) {
    if (scopeOld !== null) keys.add(scopeOld);
    if (scopeNew !== null) keys.add(scopeNew);
  }
  return keys;
}

/** About how many characters a cut takes in memory and on the way. */
export function charsOf(transaction: HistoryTransaction): number {
  return transaction.entries.reduce(
    (sum, { data, oldData }) => sum + rowChars(data) + rowChars(oldData),
    ENTRY_CHARS * (transaction.entries.length + 1),
  );
}

const ENTRY_CHARS = 200;

function rowChars(row: HistoryEntry['data']): number {
  if (row === null) return 0;
  let chars = 0;
  for (const column in row) chars += column.length + (row[column]?.length ?? 4);
  return chars;
}
