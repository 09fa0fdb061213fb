import { applyPatch, hasColumn, SyncError, type Row } from '@millrace/kernel';
import { findTable, keyOf, keyText, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { RowChange } from '@millrace/sync-protocol';

/** The effect of many changes on one base row. */
export type RowEffect =
  | { readonly op: 'put'; readonly row: Row }
  | { readonly op: 'patch'; readonly set: Row }
  | { readonly op: 'remove' };

/** The effect of many changes on one table, a row at most once: so that one statement per operation can apply it. */
export interface TableEffect {
  readonly table: TableMeta;
  /** All earlier rows go first. */
  readonly truncated: boolean;
  /** By key text. */
  readonly rows: ReadonlyMap<string, RowEffect>;
}

/** Folds changes in their order into one effect per row. Throws `schema-unknown` for a table, and `invalid-message` for a row, that the schema does not have. */
export function foldChanges(schema: SchemaMeta, changes: readonly RowChange[]): readonly TableEffect[] {
  const effects = new Map<string, { table: TableMeta; truncated: boolean; rows: Map<string, RowEffect> }>();
  for (const change of changes) {
    const table = knownTable(schema, change.table);
    const effect = effects.get(table.name) ?? { table, truncated: false, rows: new Map<string, RowEffect>() };
    effects.set(table.name, effect);
    if (change.op === 'truncate') {
      effect.truncated = true;
      effect.rows.clear();
    } else {
      const key = keyText(table, keyOfChange(table, change));
      effect.rows.set(key, then(table, effect.rows.get(key), change));
    }
  }
  return [...effects.values()];
}

function keyOfChange(table: TableMeta, change: Exclude<RowChange, { op: 'truncate' }>): Row {
  return keyOf(table, change.op === 'put' ? change.row : change.key);
}

function then(
  table: TableMeta,
  earlier: RowEffect | undefined,
  change: Exclude<RowChange, { op: 'truncate' }>,
): RowEffect {
  if (change.op === 'remove') return { op: 'remove' };
  if (change.op === 'put') return { op: 'put', row: wholeRow(table, change.row) };
  const set = knownColumns(table, change.set);
  if (earlier === undefined) return { op: 'patch', set };
  if (earlier.op === 'put') return { op: 'put', row: applyPatch(earlier.row, set) };
  if (earlier.op === 'patch') return { op: 'patch', set: applyPatch(earlier.set, set) };
  throw new SyncError('cursor-unknown', `${table.name}: the server changed a row that it had removed`);
}

/** A put names every column: an absent one would be taken for null, and the row would silently differ (F69). */
function wholeRow(table: TableMeta, row: Row): Row {
  const missing = table.columns.find((column) => !hasColumn(row, column.name));
  if (missing) throw new SyncError('invalid-message', `${table.name}: row without its column ${missing.name}`);
  return knownColumns(table, row);
}

function knownColumns(table: TableMeta, row: Row): Row {
  const unknown = Object.keys(row).find((column) => !table.columns.some((each) => each.name === column));
  if (unknown !== undefined) throw new SyncError('schema-unknown', `${table.name} has no column ${unknown}`);
  return row;
}

/** The table of that name; `schema-unknown` if this schema has none. */
export function knownTable(schema: SchemaMeta, name: string): TableMeta {
  const table = findTable(schema, name);
  if (!table) throw new SyncError('schema-unknown', `the replica has no table ${name}`);
  return table;
}

/** A base row after an effect. A patch of a row that is not there cannot be continued: something was lost on the way (I12). */
export function affect(table: TableMeta, row: Row | null, effect: RowEffect): Row | null {
  if (effect.op === 'put') return effect.row;
  if (effect.op === 'remove') return null;
  if (row === null) throw new SyncError('cursor-unknown', `${table.name}: the server changed a row that is not here`);
  return applyPatch(row, effect.set);
}
