import { hasColumn, type PgText, type Row } from '@millrace/kernel';
import { findColumn, findTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { MutationChange } from '@millrace/sync-protocol';
import { Rejection } from './reason.js';

/** A change whose every name is one of the schema's: only such names are ever built into SQL (X1). */
export interface CheckedChange {
  readonly table: TableMeta;
  readonly operation: MutationChange['operation'];
  /** Exactly the key columns, none null (X3). */
  readonly key: Row;
  /** Columns to write, each one that clients may set (X4). For an insert the key is among them; for a delete it is empty. */
  readonly set: Row;
  readonly old: Row;
  readonly version: PgText;
}

/** Resolves a change against the schema. Throws {@link Rejection} for names and values that no well-behaved client sends. */
export function checkChange(change: MutationChange, schema: SchemaMeta): CheckedChange {
  const table = findTable(schema, change.table);
  if (!table) throw new Rejection({ code: 'unknown-table', message: 'There is no such table.' });
  checkWritable(table, Object.keys(change.set));
  checkKey(table, change.key);
  checkText(table, change.key);
  checkText(table, change.set);
  return { ...change, table, set: setOf(table, change) };
}

function checkWritable(table: TableMeta, names: readonly string[]): void {
  const unknown = names.filter((name) => !findColumn(table, name) && !table.serverOnly.includes(name));
  if (unknown.length > 0) throw rejected(table, 'unknown-column', 'There is no such column.', unknown);
  const refused = names.filter((name) => findColumn(table, name)?.setBy !== 'client');
  if (refused.length > 0) throw rejected(table, 'forbidden', 'This column is set by the server.', refused);
}

function checkKey(table: TableMeta, key: Row): void {
  const names = Object.keys(key);
  const whole =
    table.key.length === names.length && table.key.every((name) => hasColumn(key, name) && key[name] !== null);
  if (!whole) throw rejected(table, 'key', 'The change does not name exactly one row by its key.', table.key);
}

/** NUL and half surrogate pairs have no place in Postgres text; a driver would alter the second in silence (X19, I10). */
function checkText(table: TableMeta, row: Row): void {
  const bad = Object.keys(row).filter((name) => row[name]?.includes('\0') || row[name]?.isWellFormed() === false);
  if (bad.length > 0) throw rejected(table, 'data', 'A value holds a character that the database cannot keep.', bad);
}

function setOf(table: TableMeta, change: MutationChange): Row {
  if (change.operation === 'delete') return {};
  if (change.operation === 'update') return change.set;
  const contradicting = table.key.filter(
    (name) => hasColumn(change.set, name) && change.set[name] !== change.key[name],
  );
  if (contradicting.length > 0)
    throw rejected(table, 'key', 'The new row has another key than the change names.', contradicting);
  return { ...change.set, ...change.key };
}

function rejected(table: TableMeta, code: string, message: string, columns: readonly string[]): Rejection {
  return new Rejection({ code, message, table: table.name, columns: [...columns] });
}
