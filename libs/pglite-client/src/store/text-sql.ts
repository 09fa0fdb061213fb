import type { Transaction } from '@electric-sql/pglite';
import type { PgText, Row, SqlConnection } from '@millrace/kernel';

/** A running transaction of the store: statements with text in and out. */
export type TextSql = Pick<SqlConnection, 'query'>;

/** The same, where a statement may also read a file (COPY). */
export interface StoreTransaction extends TextSql {
  readonly raw: Transaction;
}

/** A jsonb object of text or null, as a row. The store wrote it: its shape is not in doubt. */
export function rowOfJson(text: string): Row {
  return JSON.parse(text) as Row;
}

/** The only value of the only row, or null. */
export async function scalar(
  sql: TextSql,
  text: string,
  params: readonly (PgText | readonly PgText[])[] = [],
): Promise<PgText> {
  const { rows } = await sql.query(text, params);
  const first = rows[0];
  return first ? (Object.values(first)[0] ?? null) : null;
}
