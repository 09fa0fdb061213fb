import type { PgText } from '@millrace/kernel';

/** `{"a",NULL}`: a list as Postgres reads it. Elements are always quoted, so that an element `NULL` stays text. */
export function arrayLiteral(values: readonly PgText[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)).join(',')}}`;
}
