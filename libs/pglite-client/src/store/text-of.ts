import { quoteIdent, quoteLiteral, type ColumnMeta } from '@millrace/schema-meta';

/** Types that have no cast to text of their own, so that `::text` is what their output prints. It costs a third of `format`. */
const PRINTED_BY_CAST = new Set([
  'text',
  'character varying',
  'uuid',
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'date',
  'timestamp with time zone',
  'timestamp without time zone',
  'json',
  'jsonb',
]);

/**
 * SQL for a column's value as its type prints it, which is what the WAL carries. Not `::text` for all: that cast drops the padding of `char(n)`, and
 * writes `true` and `10.0.0.1/32` where the type's own output is `t` and `10.0.0.1`.
 */
export function textOf(row: string, { name, clientType }: Pick<ColumnMeta, 'name' | 'clientType'>): string {
  const value = `${row}.${quoteIdent(name)}`;
  return PRINTED_BY_CAST.has(clientType.replace(/\([\d,]+\)/, ''))
    ? `${value}::text`
    : `case when ${value} is not null then format('%s', ${value}) end`;
}

/** SQL for a text array of columns, of the row that `row` names. */
export function rowTexts(row: string, columns: readonly ColumnMeta[]): string {
  return `array[${columns.map((column) => textOf(row, column)).join(', ')}]::text[]`;
}

/** SQL for a text array of the columns' names. */
export function columnNames(columns: readonly ColumnMeta[]): string {
  return `array[${columns.map(({ name }) => quoteLiteral(name)).join(', ')}]::text[]`;
}

/** SQL for a jsonb object of columns as text, of the row that `row` names. */
export function rowJson(row: string, columns: readonly ColumnMeta[]): string {
  return `jsonb_object(${columnNames(columns)}, ${rowTexts(row, columns)})`;
}
