import { must } from '@millrace/kernel';
import { findColumn, quoteIdent, quoteTable, type TableMeta } from '@millrace/schema-meta';
import { text } from './outbox-rows.js';
import { addKeys, type TouchedRows } from './take-acks.js';
import { rowJson } from './text-of.js';
import type { TextSql } from './text-sql.js';

/** The rows that these tables were given are the base now, also of rows that pending changes touch. Returns those: they have to be re-based. */
export async function rewriteBaseRows(sql: TextSql, tables: readonly TableMeta[]): Promise<TouchedRows> {
  const touched: TouchedRows = new Map();
  for (const table of tables) {
    const { rows } = await sql.query(
      `update sync.base_row b
       set row = (select ${rowJson('t', table.columns)} from ${quoteTable(table.name)} t where ${sameRow(table)})
       where b.table_name = $1 returning b.row_key`,
      [table.name],
    );
    if (rows.length > 0)
      addKeys(
        touched,
        table.name,
        rows.map((row) => text(row, 'row_key')),
      );
  }
  return touched;
}

/** By the key's values, so that the primary key's index finds the row. */
function sameRow(table: TableMeta): string {
  return keyValues(table)
    .map((value, index) => `t.${quoteIdent(must(table.key[index], 'a key column'))} = ${value}`)
    .join(' and ');
}

/** SQL for the key's values of a base row `b`, in the replica's types. */
export function keyValues(table: TableMeta): readonly string[] {
  return table.key.map((column, index) => {
    const { clientType } = must(findColumn(table, column), () => `${table.name} has no column ${column}`);
    return `(b.row_key::jsonb ->> ${index})::${clientType}`;
  });
}
