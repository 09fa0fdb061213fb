import { SqlError, SyncError, type Row, type SqlResult } from '@millrace/kernel';
import {
  findTable,
  quoteIdent,
  quoteTable,
  findColumn,
  type SchemaMeta,
  type TableMeta,
  type Validators,
} from '@millrace/schema-meta';
import { LIMITS } from '@millrace/sync-protocol';
import { rowOfJson, type TextSql } from '../store/text-sql.js';
import { CHANGED_SETTINGS } from '../store/session-settings.js';
import { changesWhere, text } from '../store/outbox-rows.js';
import { bytesOf, fitPush, pushRoom } from '../core/fit-push.js';
import type { PendingMutation } from '../core/pending-mutation.js';
import { rowJson } from '../store/text-of.js';
import { InvalidWriteError, type InvalidRow } from './local-errors.js';

const THIS_TRANSACTION =
  'tx_id = (select tx_id from sync.client_mutation where xid = pg_current_xact_id_if_assigned())';

const UNDEFINED_TABLE = '42P01';

/** Characters of a change as JSON beside its key, values and names. */
const CHANGE_CHARS = 80;

/** What the running transaction has done, as it ends. */
export interface Recorded {
  /** Changes that were recorded. */
  readonly changes: number;
  /** Names of settings that are not as they must be; null if all are. */
  readonly changedSettings: string | null;
}

/** Refuses what could never be pushed, before it is committed: a mutation stuck in the outbox would hold up all later ones. Throws `limit-exceeded`. */
export async function checkRecorded(sql: TextSql, schema: SchemaMeta): Promise<Recorded> {
  const row = (await recordedBy(sql)).rows[0] ?? {};
  const changes = Number(row['changes']);
  if (changes > LIMITS.mutationChanges) {
    throw new SyncError(
      'limit-exceeded',
      `One transaction may make ${count(LIMITS.mutationChanges)} changes of rows. Nothing was written: with ${count(changes)} changes, of at most ${count(LIMITS.mutationChanges)}, it has to be several transactions.`,
    );
  }
  if (Number(row['bytes']) > pushRoom(schema)) await checkBytes(sql, schema, Number(row['needed']));
  return { changes, changedSettings: row['settings'] ?? null };
}

/** `needed`: an estimate of what has to travel in any case, which spares reading what is far too much. */
async function checkBytes(sql: TextSql, schema: SchemaMeta, needed: number): Promise<void> {
  const room = pushRoom(schema);
  const { rows } = await sql.query(
    `select count(*) as changes, string_agg(distinct table_name, ', ') as tables from sync.client_changes where ${THIS_TRANSACTION}`,
  );
  const bytes = needed > 2 * room ? needed : bytesOf(fitPush(await thisMutation(sql), schema));
  if (bytes <= room) return;
  const changes = Number(rows[0]?.['changes']);
  const what = `${changes === 1 ? 'one change' : `${count(changes)} changes`} of ${rows[0]?.['tables'] ?? ''}`;
  const instead =
    changes === 1
      ? 'Keep a value of this size outside the row, say in a file store, and write its address.'
      : 'Make it several transactions.';
  throw new SyncError(
    'limit-exceeded',
    `Nothing was written: ${what} would take ${count(bytes)} bytes to send, and one push carries ${count(LIMITS.pushBytes)} bytes. ${instead}`,
  );
}

/** With the highest number that it may ever be given. */
async function thisMutation(sql: TextSql): Promise<PendingMutation> {
  const changes = await changesWhere(sql, THIS_TRANSACTION);
  return { mutationId: Number.MAX_SAFE_INTEGER, txId: '00000000-0000-4000-8000-000000000000', changes, answer: null };
}

function count(number: number): string {
  return number.toLocaleString('en');
}

async function recordedBy(sql: TextSql): Promise<SqlResult> {
  try {
    return await sql.query(
      `select count(*) as changes, coalesce(sum(needed), 0) as needed, coalesce(sum(needed + octet_length(old::text)), 0) as bytes,
         ${CHANGED_SETTINGS} as settings
       from sync.client_changes,
         lateral (select octet_length(key::text) + octet_length(set::text) + octet_length(table_name) + coalesce(length(version), 0) + ${CHANGE_CHARS} as needed)
       where ${THIS_TRANSACTION}`,
    );
  } catch (error) {
    // A cascade from the schema takes with it what would have told.
    if (error instanceof SqlError && error.code === UNDEFINED_TABLE)
      throw new SyncError(
        'unsupported-sql',
        'Schema sync is kept by the client and cannot be dropped: it holds what is not sent yet.',
      );
    throw error;
  }
}

/** Asks the app's validators about each row that the running transaction writes, as it would be stored. Throws `InvalidWriteError`. */
export async function checkRows(sql: TextSql, schema: SchemaMeta, validate: Validate): Promise<void> {
  const invalid: InvalidRow[] = [];
  for (const [name, changed] of await writtenRows(sql)) {
    const table = findTable(schema, name);
    if (!table) continue;
    for (const { key, row } of await readRows(sql, table, [...changed.keys()])) {
      const found = await validate(name, row, [...(changed.get(key) ?? [])]);
      // Validators of another version of the app may miss a column that these tables do not have.
      const issues = found.filter(({ column }) => findColumn(table, column));
      if (issues.length > 0) invalid.push({ table: name, issues });
    }
  }
  if (invalid.length > 0) throw new InvalidWriteError(invalid);
}

/** The validators port, perhaps on the other side of a message channel. */
export type Validate = (
  ...args: Parameters<Validators['validate']>
) => ReturnType<Validators['validate']> | Promise<ReturnType<Validators['validate']>>;

/** Table → key text → columns written. */
async function writtenRows(sql: TextSql): Promise<ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>> {
  const { rows } = await sql.query(
    `select table_name, coalesce(new_row_key, row_key) as row_key, array_to_json(array(select jsonb_object_keys(set)))::text as columns
     from sync.client_changes where operation <> 'delete' and ${THIS_TRANSACTION}`,
  );
  const tables = new Map<string, Map<string, Set<string>>>();
  for (const row of rows) {
    const table = tables.get(text(row, 'table_name')) ?? new Map<string, Set<string>>();
    tables.set(text(row, 'table_name'), table);
    const columns = table.get(text(row, 'row_key')) ?? new Set<string>();
    table.set(text(row, 'row_key'), columns);
    for (const column of JSON.parse(text(row, 'columns')) as string[]) columns.add(column);
  }
  return tables;
}

/** Rows as they stand in the running transaction; those deleted later in it are not there any more. */
async function readRows(
  sql: TextSql,
  table: TableMeta,
  keys: readonly string[],
): Promise<readonly { readonly key: string; readonly row: Row }[]> {
  const columns = table.columns.map((column) => column.name);
  const equal = table.key.map(
    (column, index) =>
      `t.${quoteIdent(column)} = (k.key::jsonb ->> ${index})::${findColumn(table, column)?.clientType ?? 'text'}`,
  );
  const { rows } = await sql.query(
    `select k.key, ${rowJson('t', columns)} as row from unnest($1::text[]) as k (key) join ${quoteTable(table.name)} t on ${equal.join(' and ')}`,
    [keys],
  );
  return rows.map((row) => ({ key: text(row, 'key'), row: rowOfJson(text(row, 'row')) }));
}
