import { quoteTable, type TableMeta } from '@millrace/schema-meta';
import { createShadowSchema, createShadowTable } from './shadow-tables.js';
import type { StoreTransaction } from './text-sql.js';

/** A table that is to be loaded, or whose shadow is. */
export interface EmptyTable {
  readonly table: TableMeta;
  readonly load: { readonly rows: number };
  readonly aside: boolean;
}

/** Rows below which new files for a table cost more than the write-ahead log of its rows does. */
const FEW_ROWS = 1_000;

/** Tables that are emptied in one statement: each may take four files, its key included, of those that the file system has made ahead, about a hundred. */
export const AT_ONCE = 16;

/**
 * Makes tables, or their shadows, ready to be loaded. Returns those that have new files: their rows need no write-ahead log in the transaction that has
 * made them. One that never had a row is left alone if few come.
 */
export async function emptyTables<Table extends EmptyTable>(
  sql: StoreTransaction,
  tables: readonly Table[],
  makeRoom: () => Promise<void>,
): Promise<ReadonlySet<Table>> {
  const used = await usedTables(sql, tables);
  const renewed = tables.filter(({ table, load, aside }) => aside || load.rows >= FEW_ROWS || used.has(table.name));
  if (tables.some(({ aside }) => aside)) await sql.raw.exec(createShadowSchema);
  for (let from = 0; from < renewed.length; from += AT_ONCE) {
    if (from > 0) await makeRoom();
    await sql.raw.exec(emptySql(renewed.slice(from, from + AT_ONCE)));
  }
  return new Set(renewed);
}

/** Those of the tables that have any bytes: only they can have rows. */
async function usedTables(sql: StoreTransaction, tables: readonly EmptyTable[]): Promise<ReadonlySet<string>> {
  const names = tables.filter(({ aside }) => !aside).map(({ table }) => table.name);
  const { rows } = await sql.query(
    'select t.name from unnest($1::text[], $2::text[]) as t (name, quoted) where pg_relation_size(t.quoted::regclass) > 0',
    [names, names.map(quoteTable)],
  );
  return new Set(rows.map(({ name }) => name ?? ''));
}

function emptySql(tables: readonly EmptyTable[]): string {
  const inPlace = tables.filter(({ aside }) => !aside).map(({ table }) => quoteTable(table.name));
  const shadows = tables.filter(({ aside }) => aside).map(({ table }) => createShadowTable(table));
  return [inPlace.length === 0 ? '' : `truncate ${inPlace.join(', ')};`, ...shadows].join('');
}
