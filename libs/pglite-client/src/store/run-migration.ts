import {
  catalogQuery,
  changedTables,
  conversionSql,
  describeDifferences,
  type Convert,
  type ReplicaChange,
} from '@millrace/migrations-client';
import { errorText, SqlError, SyncError, type PgText } from '@millrace/kernel';
import { keyFromText, type SchemaMeta } from '@millrace/schema-meta';
import { knownTable } from '../core/fold-changes.js';
import { madeForSchema } from './made-for-schema.js';
import { text } from './outbox-rows.js';
import { sqlErrorOf } from './pglite-text.js';
import { readBaseRows } from './rebase-rows.js';
import { rewriteBaseRows } from './rewrite-base-rows.js';
import { writeSchema } from './schema-state.js';
import { captureTriggers, createTable, dropCapture, dropTable } from './table-ddl.js';
import { textOf } from './text-of.js';
import type { StoreTransaction, TextSql } from './text-sql.js';
import { tellOutbox } from './tell-outbox.js';
import { putRows, removeRows } from './write-rows.js';

/**
 * Takes a migration inside the caller's transaction in replica role [M3]: tables, base rows, queued writes, triggers, guard and the schema in force. The
 * tables show base rows alone while its statements run, and behind it, so that what Postgres makes of them is what it makes of the server's: the caller re-bases. Throws what Postgres says of a statement, and `migration-failed` if the result is not the schema that it promises.
 */
export async function runMigration(
  sql: StoreTransaction,
  change: ReplicaChange,
  { statements, anyPending }: { readonly statements: readonly string[]; readonly anyPending: boolean },
): Promise<void> {
  const { old, made } = changedTables(change);
  if (anyPending) await showBase(sql, change.before);
  await sql.raw.exec(old.map(({ name }) => dropCapture(name)).join(''));
  await runStatements(sql, statements);
  await checkCatalog(sql, change);
  await sql.raw.exec(made.map(captureTriggers).join('') + madeForSchema(change.after));
  await moveTableStates(sql, change);
  await writeSchema(sql, change.after);
  if (anyPending) await tellPending(sql, change);
}

/**
 * Makes the tables of a schema to which no steps are known, or none that can be taken: those that are other ones are empty until they are hydrated, and the
 * cursor is given up. Queued writes are told in it as far as names and types go.
 */
export async function replaceSchema(sql: StoreTransaction, change: ReplicaChange, anyPending: boolean): Promise<void> {
  const { old, made } = changedTables(change);
  if (anyPending) await showBase(sql, change.before);
  await sql.raw.exec(old.map(({ name }) => dropTable(name)).join(''));
  await sql.raw.exec(made.map((table) => createTable(table) + captureTriggers(table)).join(''));
  await sql.raw.exec(madeForSchema(change.after));
  await sql.query('delete from sync.table_state');
  await sql.query('update sync.state set epoch = null, seq = null, chain = null, scope = null');
  await writeSchema(sql, change.after);
  if (anyPending) await tellPending(sql, change);
}

/** Makes the tables show the server's rows alone. */
async function showBase(sql: TextSql, schema: SchemaMeta): Promise<void> {
  const { rows } = await sql.query('select distinct table_name from sync.base_row');
  for (const row of rows) {
    const table = knownTable(schema, text(row, 'table_name'));
    const base = [...(await readBaseRows(sql, table, null))];
    await removeRows(
      sql,
      table,
      base.flatMap(([key, found]) => (found === null ? [keyFromText(table, key)] : [])),
    );
    await putRows(
      sql,
      table,
      base.flatMap(([, found]) => (found === null ? [] : [found])),
    );
  }
}

async function runStatements(sql: StoreTransaction, statements: readonly string[]): Promise<void> {
  for (const [index, statement] of statements.entries()) {
    try {
      await sql.raw.exec(statement);
    } catch (error) {
      const said = errorText(sqlErrorOf(error));
      throw new SyncError('migration-failed', `statement ${index + 1} of ${statements.length}: ${said}`, {
        cause: error,
      });
    }
  }
}

async function checkCatalog(sql: TextSql, change: ReplicaChange): Promise<void> {
  const { sql: query, params } = catalogQuery(change);
  const { rows } = await sql.query(query, params);
  if (rows.length > 0)
    throw new SyncError(
      'migration-failed',
      `the tables are not those of schema ${change.after.version}: ${describeDifferences(rows)}`,
    );
}

/** Base rows follow the tables, queued writes are told anew. */
async function tellPending(sql: TextSql, change: ReplicaChange): Promise<void> {
  const touched = await tellOutbox(sql, change, converter(sql));
  await rewriteBaseRows(
    sql,
    [...touched.keys()].map((name) => knownTable(change.after, name)),
  );
}

/** What a checkpoint may be compared with begins anew for tables that are other ones now [S6]. */
async function moveTableStates(sql: TextSql, { before, after, ops }: ReplicaChange): Promise<void> {
  for (const op of ops) {
    if (op.op === 'drop-table') await sql.query('delete from sync.table_state where table_name = $1', [op.table.name]);
    if (op.op === 'rename-table')
      await sql.query('update sync.table_state set table_name = $2 where table_name = $1', [op.from, op.to]);
  }
  await sql.query(
    `update sync.table_state set changed_at = greatest(changed_at, (select coalesce(seq, 0) from sync.state)) where table_name = any($1::text[])`,
    [changedTables({ before, after }).made.map(({ name }) => name)],
  );
}

/** All values in one statement; if Postgres refuses one of them, each by itself. */
function converter(sql: TextSql): Convert {
  return async (op, values) => {
    const statement = conversionSql(op, textOf);
    const convert = async (some: readonly string[]): Promise<readonly PgText[]> => {
      const { rows } = await sql.query(statement, [JSON.stringify(some)]);
      const byPlace = new Map(rows.map((row) => [Number(row['i']), row['value'] ?? null]));
      return some.map((_value, index) => byPlace.get(index + 1) ?? null);
    };
    const together = await attempt(sql, () => convert(values));
    if (together !== undefined) return together;
    const converted: (PgText | undefined)[] = [];
    for (const value of values) converted.push((await attempt(sql, () => convert([value])))?.[0]);
    return converted;
  };
}

/** `undefined` if Postgres refuses the data (classes 22, 23); the transaction goes on all the same. */
async function attempt<T>(sql: TextSql, work: () => Promise<T>): Promise<T | undefined> {
  await sql.query('savepoint millrace_convert');
  try {
    const result = await work();
    await sql.query('release savepoint millrace_convert');
    return result;
  } catch (error) {
    if (!(error instanceof SqlError && /^2[23]/.test(error.code))) throw error;
    await sql.query('rollback to savepoint millrace_convert');
    return undefined;
  }
}
