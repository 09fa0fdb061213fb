import type { Row } from '@millrace/kernel';
import { keyFromText, type TableMeta } from '@millrace/schema-meta';
import { touchedKeys, type PendingChange } from '../core/pending-mutation.js';
import { rebase } from '../core/rebase.js';
import { changesTouching, text } from './outbox-rows.js';
import { rowOfJson, type TextSql } from './text-sql.js';
import { putRows, removeRows } from './write-rows.js';

/** Makes the table show base + pending for these rows and those that a change of key ties to them; base rows that nothing pending touches any more are dropped [A2]. */
export async function rebaseRows(sql: TextSql, table: TableMeta, touched: ReadonlySet<string>): Promise<void> {
  if (touched.size === 0) return;
  const { keys, changes } = await tiedRows(sql, table, touched);
  const base = await readBaseRows(sql, table, [...keys]);
  const visible = rebase(table, base, changes);
  const rows = [...visible.values()].filter((row): row is Row => row !== null);
  const gone = [...visible].filter(([, row]) => row === null).map(([key]) => keyFromText(table, key));
  await removeRows(sql, table, gone);
  await putRows(sql, table, rows);
  const pending = new Set(changes.flatMap((change) => touchedKeys(table, change)));
  await dropBaseRows(
    sql,
    table,
    [...keys].filter((key) => !pending.has(key)),
  );
}

async function tiedRows(
  sql: TextSql,
  table: TableMeta,
  touched: ReadonlySet<string>,
): Promise<{ keys: ReadonlySet<string>; changes: readonly PendingChange[] }> {
  const keys = new Set(touched);
  for (;;) {
    const size = keys.size;
    const changes = await changesTouching(sql, table, [...keys]);
    for (const change of changes) for (const key of touchedKeys(table, change)) keys.add(key);
    if (keys.size === size) return { keys, changes };
  }
}

/** Base rows by key text; only rows that a pending change touches have one. */
export async function readBaseRows(
  sql: TextSql,
  table: TableMeta,
  keys: readonly string[] | null,
): Promise<Map<string, Row | null>> {
  const some = keys === null ? '' : 'and row_key = any($2::text[])';
  const { rows } = await sql.query(
    `select row_key, row from sync.base_row where table_name = $1 ${some}`,
    keys === null ? [table.name] : [table.name, keys],
  );
  return new Map(rows.map((row) => [text(row, 'row_key'), jsonOrNull(row['row'])]));
}

/** Replaces base rows that are there already. */
export async function writeBaseRows(
  sql: TextSql,
  table: TableMeta,
  rows: ReadonlyMap<string, Row | null>,
): Promise<void> {
  if (rows.size === 0) return;
  const records = [...rows].map(([key, row]) => ({ key, row }));
  await sql.query(
    `insert into sync.base_row (table_name, row_key, row)
     select $1, x.key, nullif(x.row, 'null'::jsonb) from json_to_recordset($2::json) as x (key text, row jsonb)
     on conflict (table_name, row_key) do update set row = excluded.row`,
    [table.name, JSON.stringify(records)],
  );
}

async function dropBaseRows(sql: TextSql, table: TableMeta, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.query('delete from sync.base_row where table_name = $1 and row_key = any($2::text[])', [table.name, keys]);
}

function jsonOrNull(value: string | null | undefined): Row | null {
  return value === null || value === undefined ? null : rowOfJson(value);
}
