import { hasColumn, unreachable, type PgText, type Row } from '@millrace/kernel';
import { findColumn, type TableMeta } from '@millrace/schema-meta';
import type { CheckedChange } from './check-change.js';
import type { VerdictReason } from './reason.js';

/** What to do with one change. `merged`: the row had changed since the writer saw it; null when it had not. */
export type Decision =
  | { readonly kind: 'write'; readonly set: Row; readonly merged: VerdictReason | null }
  | { readonly kind: 'delete' }
  | { readonly kind: 'keep'; readonly merged: VerdictReason | null }
  | { readonly kind: 'reject'; readonly reason: VerdictReason };

/**
 * The conflict policies of docs/rules.md. `current`: the row as the writer may see it, locked; null when there is none *or* none for the writer's eyes: the
 * two must not be told apart [W7]. Decides by the server's commit order alone: no clock of a client has a say (F70).
 */
export function decide(change: CheckedChange, current: Row | null): Decision {
  switch (change.operation) {
    case 'insert':
      return current ? reject(change.table, 'exists') : { kind: 'write', set: change.set, merged: null };
    case 'update':
      return current ? decideUpdate(change, current) : reject(change.table, 'gone');
    case 'delete':
      return current ? decideDelete(change, current) : { kind: 'keep', merged: null };
    default:
      return unreachable(change.operation);
  }
}

function decideUpdate(change: CheckedChange, current: Row): Decision {
  const { table, set } = change;
  const columns = Object.keys(set);
  const lost = columns.filter((column) => changedSinceBase(change, current, column));
  if (lost.length === 0 && !rowMovedOn(change, current)) return write(set, null);
  switch (table.policy) {
    case 'last-write-wins':
      return write(set, mergedReason(table, lost));
    case 'server-wins':
      return write(
        Object.fromEntries(
          columns.filter((column) => !lost.includes(column)).map((column) => [column, set[column] as PgText]),
        ),
        mergedReason(table, lost),
      );
    case 'reject-stale':
      return reject(table, 'stale', lost);
    default:
      return unreachable(table.policy);
  }
}

function decideDelete(change: CheckedChange, current: Row): Decision {
  const { table } = change;
  const compared = table.columns.filter((column) => column.setBy === 'client' && hasColumn(change.old, column.name));
  const changed = compared.map((column) => column.name).filter((column) => changedSinceBase(change, current, column));
  if (changed.length === 0) return { kind: 'delete' };
  switch (table.policy) {
    case 'last-write-wins':
      return { kind: 'delete' };
    case 'server-wins':
      return reject(table, 'changed', changed);
    case 'reject-stale':
      return reject(table, 'stale', changed);
    default:
      return unreachable(table.policy);
  }
}

/**
 * [W7] The version differs *and* the column's old value does. The version alone is not enough: it moves with every column. The value alone is
 * not either, where there is a version: it may differ by the writer's own earlier mutation. An old value that the writer did not state counts
 * as another one.
 */
function changedSinceBase(change: CheckedChange, current: Row, column: string): boolean {
  const valueDiffers = !hasColumn(change.old, column) || change.old[column] !== current[column];
  return valueDiffers && (change.table.versionColumn === null || rowMovedOn(change, current));
}

function rowMovedOn(change: CheckedChange, current: Row): boolean {
  const column = change.table.versionColumn;
  return column !== null && current[column] !== change.version;
}

function write(set: Row, merged: VerdictReason | null): Decision {
  return Object.keys(set).length > 0 ? { kind: 'write', set, merged } : { kind: 'keep', merged };
}

/** Names only columns that clients may write: what else of the row moved is read from the row itself. */
function mergedReason(table: TableMeta, lost: readonly string[]): VerdictReason {
  const columns = lost.filter((name) => findColumn(table, name));
  return {
    code: 'merged',
    message: 'The row had changed in the meantime; both writes were brought together.',
    table: table.name,
    columns,
  };
}

const REJECTIONS = {
  exists: 'There is a row with this key already.',
  gone: 'The row does not exist any more.',
  stale: 'The row has changed in the meantime.',
  changed: 'The row has changed in the meantime and was not deleted.',
} as const;

/** The rejection of one change under its table's policy. */
export function reject(
  table: TableMeta,
  code: keyof typeof REJECTIONS,
  columns: readonly string[] = [],
): Extract<Decision, { kind: 'reject' }> {
  const named = columns.length > 0 ? { columns: [...columns] } : {};
  return { kind: 'reject', reason: { code, message: REJECTIONS[code], table: table.name, ...named } };
}
