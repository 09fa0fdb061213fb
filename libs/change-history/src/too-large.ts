import { LIMITS } from '@millrace/sync-protocol';

/** What one table contributes to a transaction. */
export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly chars: number;
}

/** Whether a transaction of this size in scope is not streamed [D4]. */
export function isTooLarge({ rows, chars }: { readonly rows: number; readonly chars: number }): boolean {
  return rows > LIMITS.transactionRows || chars > LIMITS.transactionChars;
}

/**
 * The tables of a too large transaction that have to be read anew, so that the rest of it can be streamed: the largest ones, as few as
 * possible, since each table is downloaded whole. Empty if the transaction is not too large.
 */
export function tablesToFill(sizes: readonly TableSize[]): readonly string[] {
  const share = ({ rows, chars }: TableSize) =>
    Math.max(rows / LIMITS.transactionRows, chars / LIMITS.transactionChars);
  const largestFirst = [...sizes].sort((a, b) => share(b) - share(a) || (a.table < b.table ? -1 : 1));
  let rows = sizes.reduce((sum, size) => sum + size.rows, 0);
  let chars = sizes.reduce((sum, size) => sum + size.chars, 0);
  const tables: string[] = [];
  for (const size of largestFirst) {
    if (!isTooLarge({ rows, chars })) break;
    tables.push(size.table);
    rows -= size.rows;
    chars -= size.chars;
  }
  return tables.sort();
}
