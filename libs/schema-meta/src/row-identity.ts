import { assert, emptyRow, hasColumn, type Row } from '@millrace/kernel';
import type { TableMeta } from './schema-meta.js';

/** The key columns of a row. The row must have them, non-null. */
export function keyOf(table: TableMeta, row: Row): Row {
  const key = emptyRow();
  for (const column of table.key) {
    assert(hasColumn(row, column) && row[column] !== null, () => `${table.name}: row without its key column ${column}`);
    key[column] = row[column] as string;
  }
  return key;
}

/** A row's identity as one text: equal texts, same row. For maps and for storage of base rows. */
export function keyText(table: TableMeta, row: Row): string {
  return JSON.stringify(table.key.map((column) => keyOf(table, row)[column]));
}

/** Reads what {@link keyText} wrote. */
export function keyFromText(table: TableMeta, text: string): Row {
  const values = JSON.parse(text) as string[];
  const key = emptyRow();
  table.key.forEach((column, index) => (key[column] = values[index] as string));
  return key;
}
