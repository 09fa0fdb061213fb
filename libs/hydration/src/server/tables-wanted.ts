import type { SqlConnection } from '@millrace/kernel';
import { quoteTable } from '@millrace/schema-meta';

/**
 * Whether somebody wants to change these tables: a migration has said so [M1], or DDL or TRUNCATE of anybody waits for one of them, and all who come
 * after it wait behind it. Ask on a connection that reads none of them itself.
 */
export async function tablesWanted(sql: Pick<SqlConnection, 'query'>, tables: readonly string[]): Promise<boolean> {
  const { rows } = await sql.query(
    `select 1 where exists (select from sync.migration_wanted where expires_at > now())
       or exists (select from pg_locks
         where not granted and mode = 'AccessExclusiveLock' and locktype = 'relation'
           and database = (select oid from pg_database where datname = current_database())
           and relation in (select to_regclass(name) from unnest($1::text[]) as wanted (name)))`,
    [tables.map(quoteTable)],
  );
  return rows.length > 0;
}
