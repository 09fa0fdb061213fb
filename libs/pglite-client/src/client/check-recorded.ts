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
import { text } from '../store/outbox-rows.js';
import { rowJson } from '../store/text-of.js';
import { InvalidWriteError, type InvalidRow } from './local-errors.js';

const THIS_TRANSACTION =
  'tx_id = (select tx_id from sync.client_mutation where xid = pg_current_xact_id_if_assigned())';

const UNDEFINED_TABLE = '42P01';

/** UTF-8 takes at most three bytes for a character that is one in Postgres' count, four for some: what a body may hold with certainty. */
const MUTATION_CHARS = LIMITS.pushBytes / 4;

/** What the running transaction has done, as it ends. */
export interface Recorded {
  /** Changes that were recorded. */
  readonly changes: number;
  /** Names of settings that are not as they must be; null if all are. */
  readonly changedSettings: string | null;
}

/** Refuses what could never be pushed, before it is committed: a mutation stuck in the outbox would hold up all later ones. Returns the number of recorded changes. */
export async function checkRecorded(sql: TextSql): Promise<Recorded> {
  const { rows } = await recordedBy(sql);
  const changes = Number(rows[0]?.['changes'] ?? 0);
  if (changes > LIMITS.mutationChanges) {
    throw new SyncError(
      'limit-exceeded',
      `One transaction may change ${LIMITS.mutationChanges} rows, this one changes ${changes}: split it.`,
    );
  }
  if (Number(rows[0]?.['chars'] ?? 0) > MUTATION_CHARS) {
    throw new SyncError(
      'limit-exceeded',
      `One transaction may write about ${MUTATION_CHARS} characters, this one writes more: split it.`,
    );
  }
  return { changes, changedSettings: rows[0]?.['settings'] ?? null };
}

async function recordedBy(sql: TextSql): Promise<SqlResult> {
  try {
    return await sql.query(
      `select count(*) as changes, coalesce(sum(length(key::text) + length(set::text) + length(old::text)), 0) as chars,
         ${CHANGED_SETTINGS} as settings
       from sync.client_changes where ${THIS_TRANSACTION}`,
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
      const issues = await validate(name, row, [...(changed.get(key) ?? [])]);
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
