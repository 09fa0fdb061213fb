import { ENGINE_TABLES, findEngineTable } from '@millrace/change-history';
import { SqlError, SyncError, type SqlConnection } from '@millrace/kernel';
import { quoteIdent, quoteTable, tableName, type SchemaMeta } from '@millrace/schema-meta';
import { catalogSignatures } from '../column-signature.js';
import { requestFill } from '../fill-request.js';

export interface PublicationOptions {
  readonly publication: string;
  readonly schema: SchemaMeta;
}

/** How the publication stands to what has to be captured [C1]. */
export interface PublicationFacts {
  readonly exists: boolean;
  /** Captured tables that it does not hold. */
  readonly missing: readonly string[];
}

export async function readPublication(
  sql: SqlConnection,
  { publication, schema }: PublicationOptions,
): Promise<PublicationFacts> {
  const wanted = [...schema.tables.map((table) => table.name), ...ENGINE_TABLES.map((table) => table.name)];
  const known = await sql.query('select 1 from pg_publication where pubname = $1', [publication]);
  const published = await sql.query('select schemaname, tablename from pg_publication_tables where pubname = $1', [
    publication,
  ]);
  const held = new Set(published.rows.map((row) => tableName(row['schemaname'] as string, row['tablename'] as string)));
  return { exists: known.rows.length > 0, missing: wanted.filter((table) => !held.has(table)) };
}

/** Whether acks are missing in the stream: no fill brings them back. */
export function lacksEngineTables({ missing }: PublicationFacts): boolean {
  return missing.some((table) => findEngineTable(table) !== undefined);
}

/**
 * Makes sure that the publication exists and holds all captured tables, for a slot that is yet to be made: one that has decoded WAL from before
 * its publication answers "publication does not exist" for ever.
 */
export async function completePublication(sql: SqlConnection, options: PublicationOptions): Promise<void> {
  const { exists, missing } = await readPublication(sql, options);
  const name = quoteIdent(options.publication);
  if (!exists)
    await change(
      sql,
      `create publication ${name} for table ${list(missing)} with (publish_via_partition_root = true)`,
      missing,
    );
  else if (missing.length > 0) await change(sql, `alter publication ${name} add table ${list(missing)}`, missing);
}

/**
 * Adds synced tables to a publication that is being read. What was written to them before is not in the stream, so a fill of them is asked for in the
 * same transaction [M4]. The lock waits for transactions that have written to them: one that commits later would be in neither.
 */
export async function addLateTables(
  sql: SqlConnection,
  options: PublicationOptions,
  tables: readonly string[],
): Promise<void> {
  const statement = `alter publication ${quoteIdent(options.publication)} add table ${list(tables)}`;
  await sql.transaction(async (tx) => {
    await change(tx, `lock table ${list(tables)} in share mode`, tables);
    await change(tx, statement, tables);
    const signatures = await catalogSignatures(tx, options.schema);
    const late = tables.map((name) => ({ name, signature: signatures.get(name) ?? null }));
    await requestFill(tx, { cause: 'late-table', tables: late });
  });
}

function list(tables: readonly string[]): string {
  return tables.map(quoteTable).join(', ');
}

async function change(sql: SqlConnection, statement: string, tables: readonly string[]): Promise<void> {
  try {
    await sql.query(statement);
  } catch (error) {
    // 55P03: a writer holds one of them for long. It lets go some day.
    if (!(error instanceof SqlError) || error.code === '55P03') throw error;
    throw new SyncError(
      'database-misconfigured',
      `these tables cannot be published: ${tables.join(', ')} (${error.message}); run the migrations, or as their owner: ${statement}`,
      {
        cause: error,
      },
    );
  }
}
