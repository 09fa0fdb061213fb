import type { HistoryEntry } from '@millrace/change-history';
import { applyPatch, emptyRow, hasColumn, type Row } from '@millrace/kernel';
import { keyOf, keyText, type TableMeta } from '@millrace/schema-meta';
import type { RowChange } from '@millrace/sync-protocol';
import { matches, type Claims, type InScope } from '@millrace/sync-rules';

/** What one history entry is to a principal; `unknown` when a value is missing that decides: then nothing is guessed [D3]. */
export type ScopedChanges = readonly RowChange[] | 'unknown';

/** The scope filter on old and new row [D3]: (in,in) upsert · (out,in) whole row · (in,out) remove · (out,out) nothing. */
export function rowChanges(entry: HistoryEntry, table: TableMeta, claims: Claims): ScopedChanges {
  switch (entry.operation) {
    case 'fill':
      return 'unknown';
    case 'truncate':
      return [{ op: 'truncate', table: table.name }];
    case 'insert':
      return inserted(entry, table, claims);
    case 'delete':
      return deleted(entry, table, claims);
    case 'update':
      return updated(entry, table, claims);
  }
}

function inserted(entry: HistoryEntry, table: TableMeta, claims: Claims): ScopedChanges {
  const row = entry.data ?? emptyRow();
  return decide(matches(table.read, row, claims), () => put(table, row));
}

function deleted(entry: HistoryEntry, table: TableMeta, claims: Claims): ScopedChanges {
  const row = entry.oldData ?? emptyRow();
  return decide(matches(table.read, row, claims), () => remove(table, row));
}

function updated(entry: HistoryEntry, table: TableMeta, claims: Claims): ScopedChanges {
  const before = entry.oldData ?? emptyRow();
  const patch = entry.data ?? emptyRow();
  const after = applyPatch(before, patch);
  const wasIn = matches(table.read, before, claims);
  const isIn = matches(table.read, after, claims);
  if (wasIn === false && isIn === false) return [];
  if (wasIn === 'unknown' || isIn === 'unknown') return 'unknown';
  if (!wasIn) return put(table, after);
  if (!isIn) return remove(table, before);
  return stayed(table, before, patch);
}

/** A key change is a removal and a whole row: patches are addressed by key, and a key that a patch moved would strand the row. */
function stayed(table: TableMeta, before: Row, patch: Row): ScopedChanges {
  const after = applyPatch(before, patch);
  if (!hasKey(table, before) || !hasKey(table, after)) return 'unknown';
  if (keyText(table, before) === keyText(table, after)) return patched(table, after, patch);
  const arrival = put(table, after);
  return arrival === 'unknown'
    ? 'unknown'
    : [{ op: 'remove', table: table.name, key: keyOf(table, before) }, ...arrival];
}

function patched(table: TableMeta, row: Row, patch: Row): ScopedChanges {
  const set = emptyRow();
  for (const { name } of table.columns)
    if (hasColumn(patch, name) && !table.key.includes(name)) set[name] = patch[name] ?? null;
  if (Object.keys(set).length === 0) return [];
  return [{ op: 'patch', table: table.name, key: keyOf(table, row), set }];
}

/** A whole row or none: a value that neither side of the change carries (unchanged TOAST) cannot be invented [C4]. */
function put(table: TableMeta, row: Row): ScopedChanges {
  const whole = emptyRow();
  for (const { name } of table.columns) {
    if (!hasColumn(row, name)) return 'unknown';
    whole[name] = row[name] ?? null;
  }
  return [{ op: 'put', table: table.name, row: whole }];
}

function remove(table: TableMeta, row: Row): ScopedChanges {
  return hasKey(table, row) ? [{ op: 'remove', table: table.name, key: keyOf(table, row) }] : 'unknown';
}

function decide(inScope: InScope, changes: () => ScopedChanges): ScopedChanges {
  if (inScope === 'unknown') return 'unknown';
  return inScope ? changes() : [];
}

function hasKey(table: TableMeta, row: Row): boolean {
  return table.key.every((column) => hasColumn(row, column) && row[column] !== null);
}
