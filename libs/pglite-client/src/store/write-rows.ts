import { must, SyncError, type Row } from '@millrace/kernel';
import { findColumn, quoteIdent, quoteTable, type TableMeta } from '@millrace/schema-meta';
import type { TextSql } from './text-sql.js';

/** Writes whole rows: one statement, whatever their number. */
export async function putRows(sql: TextSql, table: TableMeta, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = table.columns.map((column) => column.name);
  const rest = columns.filter((column) => !table.key.includes(column));
  const update = rest.map((column) => `${quoteIdent(column)} = excluded.${quoteIdent(column)}`).join(', ');
  await sql.query(
    `insert into ${quoteTable(table.name)} (${columns.map(quoteIdent).join(', ')})
     select ${columns.map((column) => cast(table, column)).join(', ')} from ${recordset(columns)}
     on conflict (${table.key.map(quoteIdent).join(', ')}) do ${update === '' ? 'nothing' : `update set ${update}`}`,
    [JSON.stringify(rows)],
  );
}

/** Sets some columns of rows, one statement per set of columns. A row that is not there means that something was lost on the way (I12). */
export async function patchRows(
  sql: TextSql,
  table: TableMeta,
  patches: readonly { readonly key: Row; readonly set: Row }[],
): Promise<void> {
  for (const [columns, group] of groupByColumns(patches)) {
    if (columns.length === 0) continue;
    const [first] = group;
    const rowCount =
      first && group.length === 1
        ? await patchRow(sql, table, columns, first)
        : await patchGroup(sql, table, columns, group);
    if (rowCount !== group.length) {
      throw new SyncError(
        'cursor-unknown',
        `${table.name}: the server changed ${group.length} rows, ${rowCount} of them are here`,
      );
    }
  }
}

/** The commonest case by far. Found by its key at once: what the planner makes of a join with a list of unknown length may read the whole table. */
async function patchRow(
  sql: TextSql,
  table: TableMeta,
  columns: readonly string[],
  { key, set }: Patch,
): Promise<number> {
  const names = [...columns, ...table.key];
  const value = (index: number): string => `$${index + 1}::text::${clientType(table, names[index] ?? '')}`;
  const assigned = columns.map((column, index) => `${quoteIdent(column)} = ${value(index)}`);
  const found = table.key.map((column, index) => `${quoteIdent(column)} = ${value(columns.length + index)}`);
  const { rowCount } = await sql.query(
    `update ${quoteTable(table.name)} set ${assigned.join(', ')} where ${found.join(' and ')}`,
    [...columns.map((column) => set[column] ?? null), ...table.key.map((column) => key[column] ?? null)],
  );
  return rowCount;
}

async function patchGroup(
  sql: TextSql,
  table: TableMeta,
  columns: readonly string[],
  group: readonly Patch[],
): Promise<number> {
  const names = [...table.key.map(keyName), ...columns.map(setName)];
  const { rowCount } = await sql.query(
    `update ${quoteTable(table.name)} as t
       set ${columns.map((column) => `${quoteIdent(column)} = ${cast(table, column, setName(column))}`).join(', ')}
       from ${recordset(names)} where ${sameKey(table)}`,
    [JSON.stringify(group.map(({ key, set }) => flat(table, key, columns, set)))],
  );
  return rowCount;
}

/** Removes rows; those that are not here are gone already. */
export async function removeRows(sql: TextSql, table: TableMeta, keys: readonly Row[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.query(
    `delete from ${quoteTable(table.name)} as t using ${recordset(table.key.map(keyName))} where ${sameKey(table)}`,
    [JSON.stringify(keys.map((key) => flat(table, key, [], {})))],
  );
}

/** SQL for the value of a text column of the recordset, in the replica's type. */
function cast(table: TableMeta, column: string, name = column): string {
  return `x.${quoteIdent(name)}::${clientType(table, column)}`;
}

function clientType(table: TableMeta, column: string): string {
  return must(findColumn(table, column), () => `${table.name} has no column ${column}`).clientType;
}

function recordset(names: readonly string[]): string {
  return `json_to_recordset($1::json) as x (${names.map((name) => `${quoteIdent(name)} text`).join(', ')})`;
}

function sameKey(table: TableMeta): string {
  return table.key.map((column) => `t.${quoteIdent(column)} = ${cast(table, column, keyName(column))}`).join(' and ');
}

/** Key and new values of one column may both be in a record: they need names of their own, short enough to stay distinct. */
function keyName(column: string): string {
  return `k:${column}`;
}

function setName(column: string): string {
  return `s:${column}`;
}

function flat(table: TableMeta, key: Row, columns: readonly string[], set: Row): Record<string, string | null> {
  const record: Record<string, string | null> = {};
  for (const column of table.key) record[keyName(column)] = key[column] ?? null;
  for (const column of columns) record[setName(column)] = set[column] ?? null;
  return record;
}

type Patch = { readonly key: Row; readonly set: Row };

function groupByColumns(patches: readonly Patch[]): readonly (readonly [readonly string[], readonly Patch[]])[] {
  const groups = new Map<string, [readonly string[], Patch[]]>();
  for (const patch of patches) {
    const columns = Object.keys(patch.set).sort();
    const id = JSON.stringify(columns);
    const group = groups.get(id) ?? [columns, []];
    groups.set(id, group);
    group[1].push(patch);
  }
  return [...groups.values()];
}

/** Empties a table; in replica role, so that it is not recorded. */
export async function truncateTable(sql: TextSql, table: TableMeta): Promise<void> {
  await sql.query(`truncate ${quoteTable(table.name)}`);
}
