import { applyPatch, hasColumn, must, type Row } from '@millrace/kernel';
import { keyOf, keyText, type TableMeta } from '@millrace/schema-meta';
import { touchedKeys, type PendingChange } from './pending-mutation.js';

/** Key text → row; null: there is no such row. */
export type RowsByKey = ReadonlyMap<string, Row | null>;

/**
 * What the user sees of some rows of one table: the server's rows with the pending changes over them, in order [A2]. `base` holds every row
 * that `changes` touch. The result has the same keys.
 *
 * A change to a row that is gone shows nothing (its verdict will be `gone`); an insert over a row that somebody else made meanwhile shows
 * the own values until its verdict comes (I6).
 */
export function rebase(table: TableMeta, base: RowsByKey, changes: readonly PendingChange[]): Map<string, Row | null> {
  const visible = new Map(base);
  for (const change of changes) replay(table, visible, change);
  return visible;
}

function replay(table: TableMeta, visible: Map<string, Row | null>, change: PendingChange): void {
  const [before, after] = touchedKeys(table, change) as [string, string?];
  if (change.operation === 'insert') {
    visible.set(before, inserted(visible.get(before) ?? null, change));
    return;
  }
  if (change.operation === 'delete') {
    visible.set(before, null);
    return;
  }
  const row = visible.get(before) ?? null;
  if (row === null) return;
  if (after !== undefined) visible.set(before, null);
  visible.set(after ?? before, updated(table, row, change));
}

function inserted(existing: Row | null, change: PendingChange): Row {
  return existing === null ? applyPatch(change.local, change.set) : applyPatch(existing, change.set);
}

/** The version moves once per recorded change, as it will on the server [W1]. */
function updated(table: TableMeta, row: Row, change: PendingChange): Row {
  const next = applyPatch(row, change.set);
  if (table.versionColumn === null) return next;
  return applyPatch(next, { [table.versionColumn]: nextVersion(row, table.versionColumn) });
}

function nextVersion(row: Row, column: string): string | null {
  const version = hasColumn(row, column) ? row[column] : null;
  return version === null || version === undefined ? null : (BigInt(version) + 1n).toString();
}

/**
 * The changes that decide what is seen of `keys`, and all keys they touch: a change of key ties two rows together, so that they are re-based
 * as one.
 */
export function dependants(
  table: TableMeta,
  keys: ReadonlySet<string>,
  changes: readonly PendingChange[],
): { readonly keys: ReadonlySet<string>; readonly changes: readonly PendingChange[] } {
  const reached = new Set(keys);
  let size = -1;
  while (size !== reached.size) {
    size = reached.size;
    for (const change of changes) addIfTied(reached, touchedKeys(table, change));
  }
  return {
    keys: reached,
    changes: changes.filter((change) => reached.has(must(touchedKeys(table, change)[0], 'a change touches a row'))),
  };
}

function addIfTied(reached: Set<string>, touched: readonly string[]): void {
  if (touched.some((key) => reached.has(key))) for (const key of touched) reached.add(key);
}

/** Key text of a row of this table. */
export function rowKeyText(table: TableMeta, row: Row): string {
  return keyText(table, keyOf(table, row));
}
