import { ENGINE_TABLES } from '@millrace/change-history';
import { SqlError, SyncError, type SqlConnection } from '@millrace/kernel';
import { quoteIdent, quoteTable, tableName, type SchemaMeta } from '@millrace/schema-meta';

export interface PublicationOptions {
  readonly publication: string;
  readonly schema: SchemaMeta;
}

/** What had to be done for the publication to hold every captured table [C1]. */
export type PublicationChange = 'none' | 'created' | 'tables-added';

/**
 * Makes sure that the publication exists and holds all captured tables. Must run before the slot is made: a slot that has decoded WAL from before its
 * publication answers "publication does not exist" for ever.
 */
export async function ensurePublication(
  sql: SqlConnection,
  { publication, schema }: PublicationOptions,
): Promise<PublicationChange> {
  const wanted = [...schema.tables.map((table) => table.name), ...ENGINE_TABLES.map((table) => table.name)];
  const known = await sql.query('select puballtables from pg_publication where pubname = $1', [publication]);
  const published = await sql.query('select schemaname, tablename from pg_publication_tables where pubname = $1', [
    publication,
  ]);
  const held = new Set(published.rows.map((row) => tableName(row['schemaname'] as string, row['tablename'] as string)));
  const missing = wanted.filter((table) => !held.has(table));
  if (known.rows.length === 0) {
    await change(
      sql,
      `create publication ${quoteIdent(publication)} for table ${list(wanted)} with (publish_via_partition_root = true)`,
      wanted,
    );
    return 'created';
  }
  if (missing.length === 0) return 'none';
  await change(sql, `alter publication ${quoteIdent(publication)} add table ${list(missing)}`, missing);
  return 'tables-added';
}

function list(tables: readonly string[]): string {
  return tables.map(quoteTable).join(', ');
}

async function change(sql: SqlConnection, statement: string, tables: readonly string[]): Promise<void> {
  try {
    await sql.query(statement);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new SyncError(
      'database-misconfigured',
      `these tables cannot be published: ${tables.join(', ')} (${error.message}); run the migrations, or as their owner: ${statement}`,
      {
        cause: error,
      },
    );
  }
}
