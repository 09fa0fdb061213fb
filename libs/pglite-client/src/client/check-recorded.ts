import { SqlError, SyncError } from '@millrace/kernel';
import { findColumn, findTable, type SchemaMeta, type Validators } from '@millrace/schema-meta';
import { LIMITS } from '@millrace/sync-protocol';
import { bytesOf, fitPush, pushRoom } from '../core/fit-push.js';
import type { PendingMutation } from '../core/pending-mutation.js';
import type { StoreSummary } from '../core/ports/client-store.js';
import { exchangeText, type Protocol } from '../store/exchange-text.js';
import { changesWhere } from '../store/outbox-rows.js';
import type { TextSql } from '../store/text-sql.js';
import { reportWrite, type ReportOptions, type WriteReport, type WrittenRow } from '../store/write-report.js';
import { InvalidWriteError, type InvalidRow } from './local-errors.js';
import { unsupportedSetting } from './statement-kind.js';

const THIS_TRANSACTION =
  'tx_id = (select tx_id from sync.client_mutation where xid = pg_current_xact_id_if_assigned())';

/** Undefined schema, table, function. */
const SYNC_IS_GONE = new Set(['3F000', '42P01', '42883']);

/** The validators port, perhaps on the other side of a message channel. */
export type Validate = (
  ...args: Parameters<Validators['validate']>
) => ReturnType<Validators['validate']> | Promise<ReturnType<Validators['validate']>>;

export interface CheckOptions {
  readonly schema: SchemaMeta;
  /** Null: nobody is asked. */
  readonly validate: Validate | null;
  /** Called if the session's settings are not as they must be, before that is thrown. */
  readonly onChangedSettings: () => void;
}

/**
 * The last word before the running transaction, the app's, commits. Refuses what could never be pushed, since a mutation stuck in the outbox would hold up all later
 * ones, and rows that the app's validators refuse. Returns the store as it will be; null if nothing was recorded. Throws `limit-exceeded`,
 * `unsupported-sql`, `InvalidWriteError`.
 */
export async function checkRecorded(
  pg: Protocol,
  { schema, validate, onChangedSettings }: CheckOptions,
): Promise<StoreSummary | null> {
  const bounds = { maxChanges: LIMITS.mutationChanges, maxBytes: pushRoom(schema) };
  const report = await recorded(pg, { rows: validate && bounds });
  if (report.settings !== null) {
    onChangedSettings();
    throw unsupportedSetting(report.settings);
  }
  if (report.changes > bounds.maxChanges) {
    throw new SyncError(
      'limit-exceeded',
      `One transaction may make ${count(bounds.maxChanges)} changes of rows. Nothing was written: with ${count(report.changes)} changes, of at most ${count(bounds.maxChanges)}, it has to be several transactions.`,
    );
  }
  if (report.bytes > bounds.maxBytes)
    await checkBytes({ query: (sql, params) => exchangeText(pg, sql, params) }, schema, report.needed);
  if (validate && report.changes > 0) {
    const { rows } = report.rows ? report : await recorded(pg, { rows: { ...bounds, maxBytes: report.bytes } });
    await checkRows(rows ?? [], schema, validate);
  }
  return report.summary;
}

async function recorded(pg: Protocol, options: ReportOptions): Promise<WriteReport> {
  try {
    return await reportWrite(pg, options);
  } catch (error) {
    // A cascade from the schema takes with it what would have told.
    if (error instanceof SqlError && SYNC_IS_GONE.has(error.code))
      throw new SyncError(
        'unsupported-sql',
        'Schema sync is kept by the client and cannot be dropped: it holds what is not sent yet.',
      );
    throw error;
  }
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

/** Asks the app's validators about each row that the running transaction writes, as it would be stored. */
async function checkRows(rows: readonly WrittenRow[], schema: SchemaMeta, validate: Validate): Promise<void> {
  const invalid: InvalidRow[] = [];
  for (const { table: name, row, columns } of rows) {
    const table = findTable(schema, name);
    if (!table) continue;
    // Validators of another version of the app may miss a column that these tables do not have.
    const issues = (await validate(name, row, columns)).filter(({ column }) => findColumn(table, column));
    if (issues.length > 0) invalid.push({ table: name, issues });
  }
  if (invalid.length > 0) throw new InvalidWriteError(invalid);
}
