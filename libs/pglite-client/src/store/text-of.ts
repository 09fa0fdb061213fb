import { quoteIdent, quoteLiteral } from '@millrace/schema-meta';

/**
 * SQL for a value as its type prints it, which is what the WAL carries. Not `::text`: a cast drops the padding of `char(n)`, and writes
 * `true` and `10.0.0.1/32` where the type's own output is `t` and `10.0.0.1`.
 */
export function textOf(expression: string): string {
  return `case when ${expression} is not null then format('%s', ${expression}) end`;
}

/** SQL for a jsonb object of columns as text, of the row that `row` names. */
export function rowJson(row: string, columns: readonly string[]): string {
  const names = columns.map((column) => quoteLiteral(column)).join(', ');
  const values = columns.map((column) => textOf(`${row}.${quoteIdent(column)}`)).join(', ');
  return `jsonb_object(array[${names}]::text[], array[${values}]::text[])`;
}

/** SQL for the same text that `keyText` makes of a row. */
export function keySql(row: string, key: readonly string[]): string {
  return `array_to_json(array[${key.map((column) => textOf(`${row}.${quoteIdent(column)}`)).join(', ')}]::text[])::text`;
}
