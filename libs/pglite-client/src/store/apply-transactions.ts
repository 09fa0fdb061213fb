import type { Row } from '@millrace/kernel';
import { keyFromText, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { affect, foldChanges, knownTable, type RowEffect, type TableEffect } from '../core/fold-changes.js';
import type { ReceivedTransaction } from '../core/received-transaction.js';
import { rebaseRows, readBaseRows, writeBaseRows } from './rebase-rows.js';
import { addKeys, takeAcks, type TouchedRows } from './take-acks.js';
import { type TextSql } from './text-sql.js';
import { patchRows, putRows, removeRows, truncateTable } from './write-rows.js';

/**
 * Applies server transactions inside the caller's transaction, which is in replica role: base rows change, acked mutations leave, and what is
 * still pending is shown over the result [A1, A2]. The cursor is the caller's. `anyPending`: whether anything is pending at all; if not, the
 * tables are their own base. Returns the tables that changed.
 */
export async function applyTransactions(
  sql: TextSql,
  schema: SchemaMeta,
  transactions: readonly ReceivedTransaction[],
  anyPending: boolean,
): Promise<readonly TableMeta[]> {
  const effects = foldChanges(
    schema,
    transactions.flatMap((transaction) => transaction.changes),
  );
  const acks = transactions.flatMap((transaction) => (transaction.ack ? [transaction.ack] : []));
  const touched: TouchedRows = anyPending ? await takeAcks(sql, schema, acks) : new Map();
  for (const effect of effects) await applyEffect(sql, effect, anyPending ? touched : null);
  await rebaseTouched(sql, schema, touched);
  return [...new Set([...effects.map((effect) => effect.table), ...touchedTables(schema, touched)])];
}

export async function rebaseTouched(sql: TextSql, schema: SchemaMeta, touched: TouchedRows): Promise<void> {
  for (const [name, keys] of touched) await rebaseRows(sql, knownTable(schema, name), keys);
}

export function touchedTables(schema: SchemaMeta, touched: TouchedRows): readonly TableMeta[] {
  return [...touched.keys()].map((name) => knownTable(schema, name));
}

/** `touched`: collects rows that have to be re-based; null if nothing is pending, so that the table is its own base. */
async function applyEffect(sql: TextSql, effect: TableEffect, touched: TouchedRows | null): Promise<void> {
  const { table } = effect;
  const base = touched === null ? new Map<string, Row | null>() : await affectBaseRows(sql, effect);
  if (effect.truncated) await truncateTable(sql, table);
  await writeFreeRows(
    sql,
    table,
    [...effect.rows].filter(([key]) => !base.has(key)),
  );
  if (touched !== null) addKeys(touched, table.name, base.keys());
}

/** What no pending change touches goes straight into the table. */
async function writeFreeRows(
  sql: TextSql,
  table: TableMeta,
  rows: readonly (readonly [string, RowEffect])[],
): Promise<void> {
  const puts: Row[] = [];
  const patches: { key: Row; set: Row }[] = [];
  const removals: Row[] = [];
  for (const [key, effect] of rows) {
    if (effect.op === 'put') puts.push(effect.row);
    else if (effect.op === 'patch') patches.push({ key: keyFromText(table, key), set: effect.set });
    else removals.push(keyFromText(table, key));
  }
  await removeRows(sql, table, removals);
  await putRows(sql, table, puts);
  await patchRows(sql, table, patches);
}

/** Brings base rows of the effect up to date; returns all that have to be shown anew. */
async function affectBaseRows(sql: TextSql, effect: TableEffect): Promise<Map<string, Row | null>> {
  const { table } = effect;
  const base = await readBaseRows(sql, table, effect.truncated ? null : [...effect.rows.keys()]);
  for (const [key, row] of base) {
    const start = effect.truncated ? null : row;
    const rowEffect = effect.rows.get(key);
    base.set(key, rowEffect ? affect(table, start, rowEffect) : start);
  }
  await writeBaseRows(sql, table, base);
  return base;
}
