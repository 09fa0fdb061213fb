import type { Row } from '@millrace/kernel';

/**
 * A row as JSON text with its columns in name order: equal rows have equal texts, which the chain relies on. (`jsonb` keeps no order of its
 * own, so the order is re-made whenever a stored row has to be hashed.)
 */
export function canonicalJson(row: Row): string {
  let text = '{';
  for (const [column, label] of sortedColumns(Object.keys(row))) text += label + JSON.stringify(row[column]);
  return `${text}}`;
}

/** Columns in name order, each with what stands before its value. */
type SortedColumns = readonly (readonly [column: string, label: string])[];

/** The last columns of each number of them: rows of a few tables come by the thousand, and sorting costs more than comparing. */
const lastSorted = new Map<number, { readonly columns: readonly string[]; readonly sorted: SortedColumns }>();

function sortedColumns(columns: readonly string[]): SortedColumns {
  const last = lastSorted.get(columns.length);
  if (last?.columns.every((column, index) => column === columns[index])) return last.sorted;
  const sorted = [...columns]
    .sort()
    .map((column, index) => [column, `${index > 0 ? ',' : ''}${JSON.stringify(column)}:`] as const);
  lastSorted.set(columns.length, { columns, sorted });
  return sorted;
}

/** Reads what {@link canonicalJson} wrote, or `jsonb` made of it. */
export function rowFromJson(text: string): Row {
  return JSON.parse(text) as Row;
}
