import { applyPatch, emptyRow, hasColumn, must, type Row } from '@millrace/kernel';
import { keyOf, keyText, type TableMeta } from '@millrace/schema-meta';
import type { PendingChange } from '../core/pending-mutation.js';
import type { LocalWrite } from './local-write.js';

/** What the capture trigger records of a statement on `row`; null if it changes nothing. */
export function captureWrite(table: TableMeta, row: Row | null, write: LocalWrite): PendingChange | null {
  if (write.operation === 'insert') return captureInsert(table, row, write.row);
  const old = must(row, `${table.name}: no such row`);
  const version = table.versionColumn === null ? null : (old[table.versionColumn] ?? null);
  const base = { table: table.name, key: keyOf(table, old), version, local: emptyRow() };
  if (write.operation === 'delete')
    return { ...base, operation: 'delete', set: emptyRow(), old: clientColumns(table, old) };
  const changed = Object.keys(clientColumns(table, write.set)).filter((column) => write.set[column] !== old[column]);
  if (changed.length === 0) return null;
  return { ...base, operation: 'update', set: pick(write.set, changed), old: pick(old, changed) };
}

function captureInsert(table: TableMeta, existing: Row | null, given: Row): PendingChange {
  must(existing === null ? true : null, `${table.name}: duplicate key ${existing ? keyText(table, existing) : ''}`);
  const whole = applyPatch(defaults(table), given);
  const server = table.columns.filter((column) => column.setBy === 'server').map((column) => column.name);
  return {
    table: table.name,
    operation: 'insert',
    key: keyOf(table, whole),
    set: clientColumns(table, whole),
    old: emptyRow(),
    version: null,
    local: pick(defaults(table), server),
  };
}

/** The fake knows literal defaults only. */
function defaults(table: TableMeta): Row {
  const row = emptyRow();
  for (const column of table.columns) row[column.name] = column.default;
  return row;
}

function clientColumns(table: TableMeta, row: Row): Row {
  return pick(
    row,
    table.columns
      .filter((column) => column.setBy === 'client' && hasColumn(row, column.name))
      .map((column) => column.name),
  );
}

function pick(row: Row, columns: readonly string[]): Row {
  const picked = emptyRow();
  for (const column of columns) picked[column] = row[column] ?? null;
  return picked;
}
