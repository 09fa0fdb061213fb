import { SyncError, hasColumn, type Row } from '@millrace/kernel';
import { literalDefault, opsOf, translateByOp, type SchemaOp, type SchemaStep } from '@millrace/schema-compat';
import type { MutationChange } from '@millrace/sync-protocol';
import { Rejection } from './reason.js';

/**
 * A change that was made on another version of the schema, in words of the one in force; what existing rows got by a migration is left to the
 * column's default. Throws {@link Rejection} for a change of what is not there any more: no later version could tell it either; and `schema-unknown`
 * where a value would have to be converted: its client does that, once its app is updated.
 */
export function translateMutation(change: MutationChange, way: readonly SchemaStep[]): MutationChange {
  return way.flatMap((step) => opsOf(step)).reduce(through, change);
}

function through(change: MutationChange, op: SchemaOp): MutationChange {
  const told = tellable(change, op);
  const at = (row: Row) => translateByOp({ table: told.table, row }, op, { whole: false });
  const [key, set, old] = [at(told.key), at(told.set), at(told.old)];
  if (!key || !set || !old) throw gone(told, 'unknown-table', 'There is no such table any more.');
  return { ...told, table: key.table, key: { ...key.row }, set: { ...set.row }, old: { ...old.row } };
}

/** The change as far as the op leaves it its meaning. */
function tellable(change: MutationChange, op: SchemaOp): MutationChange {
  if (
    op.op === 'drop-column' &&
    op.table === change.table &&
    writes(change, op.column.name, literalDefault(op.column.default))
  )
    throw gone(change, 'unknown-column', 'There is no such column any more.', op.column.name);
  if (op.op !== 'change-type' || op.table !== change.table || op.sameText) return change;
  if (op.using !== null && writes(change, op.column, null))
    throw new SyncError(
      'schema-unknown',
      `${op.table}.${op.column} has another type now, and this write’s value has to be converted: update the app`,
    );
  // The old value has another text now: not stating it is not the same as its having changed, since the row's version decides as well [W7].
  return { ...change, old: without(change.old, op.column) };
}

/** An insert names every column: one that was left empty, or to its default, says nothing of it. */
function writes({ operation, key, set }: MutationChange, column: string, fallback: string | null): boolean {
  if (hasColumn(key, column)) return true;
  if (!hasColumn(set, column)) return false;
  return operation !== 'insert' || (set[column] !== null && set[column] !== fallback);
}

function without(row: Row, column: string): Record<string, string | null> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== column));
}

function gone({ table }: MutationChange, code: string, message: string, column?: string): Rejection {
  return new Rejection({ code, message, table, ...(column === undefined ? {} : { columns: [column] }) });
}
