import type { SchemaMeta } from '@millrace/schema-meta';
import { replicaGuard } from './replica-guard.js';
import { replicaFunctions } from './replica-role.js';
import { dropShadowTables } from './shadow-tables.js';
import { SYNC_DDL, SYNC_UPGRADE } from './sync-ddl.js';
import { captureTriggers, createTable, dropTable } from './table-ddl.js';
import { scalar, type StoreTransaction } from './text-sql.js';
import { writeReportFunctions } from './write-report.js';

/**
 * Makes the replica's tables, or checks that they are those of this schema. If the schema is another one, the domain tables are made anew and
 * the cursor is given up, which makes the client hydrate; the outbox stays (I2).
 */
export async function prepareDatabase(sql: StoreTransaction, schema: SchemaMeta, newClientId: string): Promise<void> {
  const exists = (await scalar(sql, `select to_regclass('sync.state')::text`)) !== null;
  if (exists) await bringUpToDate(sql, schema);
  else await makeReplica(sql, schema, newClientId);
  await sql.raw.exec([replicaGuard(schema), replicaFunctions(schema), writeReportFunctions(schema)].join('\n'));
}

async function makeReplica(sql: StoreTransaction, schema: SchemaMeta, newClientId: string): Promise<void> {
  await sql.raw.exec(SYNC_DDL);
  await createTables(sql, schema);
  await sql.query('insert into sync.state (client_id, schema_version, schema_print, tables) values ($1, $2, $3, $4)', [
    newClientId,
    schema.version,
    schemaPrint(schema),
    schema.tables.map((table) => table.name),
  ]);
}

async function bringUpToDate(sql: StoreTransaction, schema: SchemaMeta): Promise<void> {
  const print = schemaPrint(schema);
  await sql.raw.exec(SYNC_UPGRADE + dropShadowTables);
  if ((await scalar(sql, 'select schema_print from sync.state')) !== print) await replaceTables(sql, schema, print);
  else await sql.raw.exec(schema.tables.map(captureTriggers).join('\n'));
}

async function createTables(sql: StoreTransaction, schema: SchemaMeta): Promise<void> {
  for (const table of schema.tables) await sql.raw.exec(createTable(table) + captureTriggers(table));
}

async function replaceTables(sql: StoreTransaction, schema: SchemaMeta, print: string): Promise<void> {
  const { rows } = await sql.query('select unnest(tables) as name from sync.state');
  for (const row of rows) await sql.raw.exec(dropTable(row['name'] ?? ''));
  await createTables(sql, schema);
  await sql.query('delete from sync.table_state');
  await sql.query(
    'update sync.state set schema_version = $1, schema_print = $2, tables = $3, epoch = null, seq = null, chain = null, scope = null',
    [schema.version, print, schema.tables.map((table) => table.name)],
  );
}

/** What the replica's tables are made from: equal prints, equal tables. */
function schemaPrint(schema: SchemaMeta): string {
  return JSON.stringify([
    schema.version,
    schema.tables.map(({ name, columns, key, versionColumn }) => [name, columns, key, versionColumn]),
  ]);
}
