import { must, type Row } from '@millrace/kernel';
import {
  findColumn,
  quoteIdent,
  quoteLiteral,
  quoteTable,
  type SchemaMeta,
  type TableMeta,
} from '@millrace/schema-meta';
import type { StoreSummary } from '../core/ports/client-store.js';
import { exchangeSimple, type Protocol } from './exchange-text.js';
import { text } from './outbox-rows.js';
import { SUMMARY_JSON, summaryOf } from './replica-role.js';
import { ALL_SETTINGS_HOLD, CHANGED_SETTINGS } from './session-settings.js';
import { rowJson } from './text-of.js';

/** What the running transaction of the app has done, as it ends. */
export interface WriteReport {
  /** Changes that were recorded. */
  readonly changes: number;
  /** Bytes that have to travel in any case, an estimate; and with the old values. */
  readonly needed: number;
  readonly bytes: number;
  /** Names of settings that are not as they must be; null if all are. */
  readonly settings: string | null;
  /** The rows it wrote, as they stand now, without those it deleted later; null if they were not asked for, or are more than was asked for. */
  readonly rows: readonly WrittenRow[] | null;
  /** The store, as it will be; null if nothing was recorded. */
  readonly summary: StoreSummary | null;
}

export interface WrittenRow {
  readonly table: string;
  /** Columns that were written. */
  readonly columns: readonly string[];
  readonly row: Row;
}

/** `rows`: whether rows are wanted, of a transaction within these bounds. */
export interface ReportOptions {
  readonly rows: { readonly maxChanges: number; readonly maxBytes: number } | null;
}

/** Characters of a change as JSON beside its key, values and names. */
const CHANGE_CHARS = 80;

/**
 * The functions that tell all of it at once. Every local write waits for this, and what it costs is mostly the number of exchanges with Postgres and of
 * statements that are planned: functions keep their plans.
 */
export function writeReportFunctions(schema: SchemaMeta): string {
  return `
create or replace function sync.row_of(table_name text, row_key text) returns jsonb language plpgsql as $$
declare
  found_row jsonb;
begin
${findRows(schema)}
  return found_row;
end $$;
create or replace function sync.report_write(max_changes bigint, max_bytes bigint) returns text language plpgsql as $$
declare
  tx uuid;
  changes bigint := 0;
  needed bigint;
  bytes bigint;
  settings text;
  written jsonb;
  summary jsonb;
begin
  if not (${ALL_SETTINGS_HOLD}) then
    settings := ${CHANGED_SETTINGS};
  end if;
  select m.tx_id into tx from sync.client_mutation m where m.xid = pg_current_xact_id_if_assigned();
  if tx is not null then
    select count(*), sum(size.needed), sum(size.needed + octet_length(c.old::text)) into changes, needed, bytes
      from sync.client_changes c,
        lateral (select octet_length(c.key::text) + octet_length(c.set::text) + octet_length(c.table_name) + coalesce(length(c.version), 0) + ${CHANGE_CHARS} as needed) size
      where c.tx_id = tx;
    if changes = 1 and bytes <= max_bytes then
      select jsonb_build_array(${writtenRow('c.table_name', 'coalesce(c.new_row_key, c.row_key)', 'array(select jsonb_object_keys(c.set))')}) into written
        from sync.client_changes c where c.tx_id = tx and c.operation <> 'delete';
    elsif changes <= max_changes and bytes <= max_bytes then
      select jsonb_agg(${writtenRow('w.table_name', 'w.row_key', 'w.columns')} order by w.seq) into written
        from (
          select c.table_name, coalesce(c.new_row_key, c.row_key) as row_key, min(c.seq) as seq, array_agg(distinct k.name) filter (where k.name is not null) as columns
            from sync.client_changes c left join lateral jsonb_object_keys(c.set) k (name) on true
            where c.tx_id = tx and c.operation <> 'delete' group by 1, 2
        ) w;
    end if;
    summary := (${SUMMARY_JSON});
  end if;
  return jsonb_build_object('changes', changes, 'needed', needed, 'bytes', bytes, 'settings', settings, 'rows', written, 'summary', summary);
end $$;`;
}

function writtenRow(table: string, key: string, columns: string): string {
  return `jsonb_build_object('table', ${table}, 'columns', ${columns}, 'row', sync.row_of(${table}, ${key}))`;
}

/** Nothing before the first migration, when there is no table. */
function findRows({ tables }: SchemaMeta): string {
  if (tables.length === 0) return '';
  return `  case table_name
${tables.map(findRow).join('\n')}
  else
    null;
  end case;`;
}

/** By the key's values, so that the primary key's index finds the row. Names of variables are qualified: a table may have a column of any name. */
function findRow(table: TableMeta): string {
  const equal = table.key.map(
    (column, index) =>
      `t.${quoteIdent(column)} = (row_of.row_key::jsonb ->> ${index})::${findColumn(table, column)?.clientType ?? 'text'}`,
  );
  return `  when ${quoteLiteral(table.name)} then
    select ${rowJson('t', table.columns)} into found_row from ${quoteTable(table.name)} t where ${equal.join(' and ')};`;
}

/** Asks inside the transaction that is about to commit. Throws what Postgres says. */
export async function reportWrite(pg: Protocol, { rows }: ReportOptions): Promise<WriteReport> {
  const sql = `select sync.report_write(${rows?.maxChanges ?? 0}, ${rows?.maxBytes ?? 0}) as report`;
  const report = text(must((await exchangeSimple(pg, sql)).rows[0], 'a report'), 'report');
  const { changes, needed, bytes, settings, rows: written, summary } = JSON.parse(report) as Reported;
  const withinBounds = rows !== null && changes <= rows.maxChanges && (bytes ?? 0) <= rows.maxBytes;
  return {
    changes,
    needed: needed ?? 0,
    bytes: bytes ?? 0,
    settings,
    rows: withinBounds ? (written ?? []).filter((each): each is WrittenRow => each.row !== null) : null,
    summary: summary && summaryOf(summary),
  };
}

interface Reported {
  readonly changes: number;
  readonly needed: number | null;
  readonly bytes: number | null;
  readonly settings: string | null;
  readonly rows: readonly (WrittenRow | (Omit<WrittenRow, 'row'> & { readonly row: null }))[] | null;
  readonly summary: Row | null;
}
