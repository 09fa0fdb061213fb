import type { Row } from '@millrace/kernel';

/** Stored rows of one transaction, in order. */
export type StoredTransaction = readonly Row[];

/** Splits stored rows, in seq order, by the transaction in which each ends. */
export function groupByTransaction(rows: readonly Row[]): StoredTransaction[] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const open = groups.at(-1);
    if (open?.[0]?.['end_seq'] === row['end_seq']) open?.push(row);
    else groups.push([row]);
  }
  return groups;
}
