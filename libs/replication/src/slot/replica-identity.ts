import type { SqlConnection } from '@millrace/kernel';
import { quoteTable, type SchemaMeta } from '@millrace/schema-meta';

/** A synced table whose changes do not say enough [M5]. */
export interface IdentityIssue {
  readonly table: string;
  readonly identity: 'default' | 'index' | 'nothing';
}

const IDENTITY = { d: 'default', i: 'index', n: 'nothing' } as const;

/**
 * The synced tables that are not REPLICA IDENTITY FULL: their old rows hold the key alone, so that a row's leaving a scope is not seen by its content; with
 * `nothing`, Postgres refuses their updates and deletes altogether (F19).
 */
export async function identityIssues(sql: SqlConnection, schema: SchemaMeta): Promise<readonly IdentityIssue[]> {
  const names = schema.tables.map((table) => table.name);
  const { rows } = await sql.query(
    `select t.name, c.relreplident::text as identity
     from unnest($1::text[], $2::text[]) as t (name, quoted) join pg_class c on c.oid = to_regclass(t.quoted)
     where c.relreplident <> 'f' order by t.name`,
    [names, names.map(quoteTable)],
  );
  return rows.map((row) => ({
    table: row['name'] as string,
    identity: IDENTITY[row['identity'] as keyof typeof IDENTITY],
  }));
}
