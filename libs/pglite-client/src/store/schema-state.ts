import { schemaMetaSchema, type SchemaMeta } from '@millrace/schema-meta';
import { decodeValue } from '@millrace/sync-protocol';
import { scalar, type TextSql } from './text-sql.js';

/** The schema by which the replica's tables are made; null in a database that was made before there were migrations. */
export async function readSchema(sql: TextSql): Promise<SchemaMeta | null> {
  const text = await scalar(sql, 'select schema from sync.state');
  return text === null ? null : decodeValue(schemaMetaSchema, JSON.parse(text));
}

/** Notes the schema, in the transaction that changes the tables. */
export async function writeSchema(sql: TextSql, schema: SchemaMeta): Promise<void> {
  await sql.query(`update sync.state set schema = $1::jsonb, schema_version = $2, tables = $3, schema_print = ''`, [
    JSON.stringify(schema),
    schema.version,
    schema.tables.map((table) => table.name),
  ]);
}
