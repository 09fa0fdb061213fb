import { sameShape } from '@millrace/migrations-client';
import type { SchemaMeta } from '@millrace/schema-meta';
import { madeForSchema } from './made-for-schema.js';
import { readSchema, writeSchema } from './schema-state.js';
import { dropShadowTables } from './shadow-tables.js';
import { SYNC_DDL, SYNC_UPGRADE } from './sync-ddl.js';
import { captureTriggers, createTable, dropTable } from './table-ddl.js';
import { scalar, type StoreTransaction } from './text-sql.js';

/**
 * Makes the replica's tables for the schema that the app was built with; a database that is there keeps the schema that it has come to, which is returned.
 * If one version has two meanings (a schema that was changed without a migration), the domain tables are made anew and the cursor is given up, which makes
 * the client hydrate; the outbox stays (I2).
 */
export async function prepareDatabase(
  sql: StoreTransaction,
  built: SchemaMeta,
  newClientId: string,
): Promise<SchemaMeta> {
  const exists = (await scalar(sql, `select to_regclass('sync.state')::text`)) !== null;
  const schema = exists ? await bringUpToDate(sql, built) : await makeReplica(sql, built, newClientId);
  await sql.raw.exec(madeForSchema(schema));
  return schema;
}

async function makeReplica(sql: StoreTransaction, schema: SchemaMeta, newClientId: string): Promise<SchemaMeta> {
  await sql.raw.exec(SYNC_DDL);
  await createTables(sql, schema);
  await sql.query(
    `insert into sync.state (client_id, schema_version, schema_print, tables) values ($1, '', '', '{}')`,
    [newClientId],
  );
  await writeSchema(sql, schema);
  return schema;
}

async function bringUpToDate(sql: StoreTransaction, built: SchemaMeta): Promise<SchemaMeta> {
  await sql.raw.exec(SYNC_UPGRADE + dropShadowTables);
  const here = await schemaHere(sql, built);
  if (here) await sql.raw.exec(here.tables.map(captureTriggers).join('\n'));
  else await replaceTables(sql, built);
  return here ?? built;
}

/** The schema of the tables that are here; null if it is none that is known, so that they have to be made anew. */
async function schemaHere(sql: StoreTransaction, built: SchemaMeta): Promise<SchemaMeta | null> {
  const kept = await readSchema(sql);
  if (kept && kept.version !== built.version) return kept;
  if (kept) return sameShape(kept, built) ? built : null;
  if ((await scalar(sql, 'select schema_print from sync.state')) !== schemaPrint(built)) return null;
  await writeSchema(sql, built);
  return built;
}

/** What a database that was made before there were migrations has of its schema: equal prints, equal tables. */
function schemaPrint(schema: SchemaMeta): string {
  return JSON.stringify([
    schema.version,
    schema.tables.map(({ name, columns, key, versionColumn }) => [name, columns, key, versionColumn]),
  ]);
}

async function createTables(sql: StoreTransaction, schema: SchemaMeta): Promise<void> {
  for (const table of schema.tables) await sql.raw.exec(createTable(table) + captureTriggers(table));
}

async function replaceTables(sql: StoreTransaction, schema: SchemaMeta): Promise<void> {
  const { rows } = await sql.query('select unnest(tables) as name from sync.state');
  for (const row of rows) await sql.raw.exec(dropTable(row['name'] ?? ''));
  await createTables(sql, schema);
  await sql.query('delete from sync.table_state');
  await sql.query('update sync.state set epoch = null, seq = null, chain = null, scope = null');
  await writeSchema(sql, schema);
}
