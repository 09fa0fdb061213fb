import { quoteIdent, quoteTable, type TableMeta } from '@millrace/schema-meta';

/** Rows that are listed at most: enough to see what is there. */
export const LISTED_ROWS = 1_000;

/** A row as text by its column, and how many rows there are. */
export interface ListedRow {
  readonly key: string;
  readonly total: string;
  readonly values: readonly (string | null)[];
}

/** The first rows of any table, in the order of its key. */
export function tableQuery(table: TableMeta): string {
  const texts = (columns: readonly string[]) => columns.map((column) => `${quoteIdent(column)}::text`).join(', ');
  return `select array_to_json(array[${texts(table.key)}])::text as key, array[${texts(table.columns.map(({ name }) => name))}] as values,
    count(*) over ()::text as total from ${quoteTable(table.name)} order by ${table.key.map(quoteIdent).join(', ')} limit ${LISTED_ROWS}`;
}
