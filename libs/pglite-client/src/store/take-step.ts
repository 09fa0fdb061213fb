import { SyncError } from '@millrace/kernel';
import { changedTables, changeOfStep } from '@millrace/migrations-client';
import { clientStatements, type SchemaStep } from '@millrace/schema-compat';
import type { SchemaMeta, TableMeta } from '@millrace/schema-meta';
import { rebaseTouched, touchedTables } from './apply-transactions.js';
import { text } from './outbox-rows.js';
import { runMigration } from './run-migration.js';
import { addKeys, type TouchedRows } from './take-acks.js';
import type { StoreTransaction, TextSql } from './text-sql.js';

/**
 * Takes one step from `schema`, inside the caller's transaction in replica role; one whose version is here already changes nothing. What is pending is not shown
 * behind it: the caller re-bases once all steps are taken. Throws `migration-failed`, or what Postgres says.
 */
export async function takeStep(
  sql: StoreTransaction,
  schema: SchemaMeta,
  { step, anyPending }: { readonly step: SchemaStep; readonly anyPending: boolean },
): Promise<{ readonly schema: SchemaMeta; readonly tables: readonly TableMeta[] }> {
  const change = changeOfStep(step);
  if (schema.version === change.after.version) return { schema, tables: [] };
  if (schema.version !== change.before.version)
    throw new SyncError(
      'migration-failed',
      `it starts from schema ${change.before.version}, here is ${schema.version}`,
    );
  await runMigration(sql, change, { statements: clientStatements(step), anyPending });
  return { schema: change.after, tables: changedTables(change).made };
}

/** Shows everything that is pending over the base rows. Returns the tables that it touches. */
export async function rebaseAll(sql: TextSql, schema: SchemaMeta): Promise<readonly TableMeta[]> {
  const { rows } = await sql.query('select table_name, row_key from sync.base_row');
  const touched: TouchedRows = new Map();
  for (const row of rows) addKeys(touched, text(row, 'table_name'), [text(row, 'row_key')]);
  await rebaseTouched(sql, schema, touched);
  return touchedTables(schema, touched);
}
