import type { SqlConnection, SqlError } from '@millrace/kernel';
import { quoteTable, tableParts, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { VerdictReason } from './reason.js';

/**
 * Completes a rejection with table, columns and constraint, by name only: Postgres' own detail quotes values. Nothing is named of a table or column
 * that does not travel to clients (I8).
 */
export async function reasonOfSqlError(
  sql: SqlConnection,
  error: SqlError,
  verdict: { readonly code: string; readonly message: string },
  schema: SchemaMeta,
): Promise<VerdictReason> {
  const { code, message } = verdict;
  const table = schema.tables.find((candidate) => tableParts(candidate.name).table === error.table);
  if (!table) return { code, message };
  const names = error.column
    ? [error.column]
    : error.constraint
      ? await constraintColumns(sql, table, error.constraint)
      : [];
  const columns = table.columns.map((column) => column.name).filter((name) => names.includes(name));
  return {
    code,
    message,
    table: table.name,
    ...(columns.length > 0 ? { columns } : {}),
    ...(error.constraint ? { constraint: error.constraint } : {}),
  };
}

/** By the catalogue: the columns in an error's detail are inside a translated sentence. A unique index need not be a constraint. */
async function constraintColumns(sql: SqlConnection, table: TableMeta, constraint: string): Promise<string[]> {
  const { rows } = await sql.query(
    `select a.attname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
     where c.conrelid = $1::text::regclass and c.conname = $2::text::name
     union
     select a.attname from pg_index i join pg_class x on x.oid = i.indexrelid join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
     where i.indrelid = $1::text::regclass and x.relname = $2::text::name`,
    [quoteTable(table.name), constraint],
  );
  return rows.map((row) => String(row['attname']));
}
