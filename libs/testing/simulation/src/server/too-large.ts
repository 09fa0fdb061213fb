import { type HistoryTransaction } from '@millrace/change-history';
import { findTable } from '@millrace/schema-meta';
import { schema } from '../schema.js';

/** Entries above which a transaction is not streamed here: small, so that it happens. The real limit counts rows and characters [D4]. */
const MOST_ENTRIES = 10;

/** The tables that have to be read anew, so that what touches a reader of this transaction can be streamed; none if it can be. */
export function tooLargeFor(
  transaction: HistoryTransaction,
  held: ReadonlyMap<string, bigint> = new Map(),
): readonly string[] {
  const seq = transaction.position.seq;
  const counts = new Map<string, number>();
  for (const { table } of transaction.entries) {
    const isHeld = seq <= (held.get(table) ?? -1n);
    if (findTable(schema, table) && !isHeld) counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  let left = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const tables: string[] = [];
  for (const [table, count] of [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))) {
    if (left <= MOST_ENTRIES) break;
    tables.push(table);
    left -= count;
  }
  return tables;
}
