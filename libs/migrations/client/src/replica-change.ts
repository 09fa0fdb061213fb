import type { ColumnMeta, SchemaMeta, TableMeta } from '@millrace/schema-meta';
import { literalDefault, opsOf, schemaAfter, schemaBefore, type SchemaOp, type SchemaStep } from '@millrace/schema-compat';

/** What becomes of a replica: from one schema to another, and by which ops its rows and queued writes get there. */
export interface ReplicaChange {
  readonly before: SchemaMeta;
  readonly after: SchemaMeta;
  readonly ops: readonly SchemaOp[];
}

/** What a step does. */
export function changeOfStep(step: SchemaStep): ReplicaChange {
  return { before: schemaBefore(step), after: schemaAfter(step), ops: opsOf(step) };
}

/** The way between two schemas of which nobody knows how the one became the other: what has the same name is taken for the same thing. */
export function changeBetween(before: SchemaMeta, after: SchemaMeta): ReplicaChange {
  const dropped = before.tables.filter((table) => !byName(after.tables, table.name));
  const ops: SchemaOp[] = dropped.map((table) => ({ op: 'drop-table', table: mutable(table) }));
  for (const table of after.tables) {
    const earlier = byName(before.tables, table.name);
    if (earlier) ops.push(...columnOps(earlier, table));
    else ops.push({ op: 'add-table', table: mutable(table) });
  }
  return { before, after, ops };
}

function columnOps(before: TableMeta, after: TableMeta): readonly SchemaOp[] {
  const table = after.name;
  const ops: SchemaOp[] = [];
  for (const column of before.columns) {
    const later = byName(after.columns, column.name);
    if (!later) ops.push({ op: 'drop-column', table, column });
    else if (later.clientType !== column.clientType) ops.push(changeType(table, column, later));
  }
  for (const column of after.columns)
    if (!byName(before.columns, column.name))
      ops.push({ op: 'add-column', table, column, value: literalDefault(column.default) });
  return ops;
}

function changeType(table: string, from: ColumnMeta, to: ColumnMeta): SchemaOp {
  return {
    op: 'change-type',
    table,
    column: to.name,
    from: from.type,
    to: to.type,
    clientFrom: from.clientType,
    clientTo: to.clientType,
    using: null,
    back: null,
    sameText: false,
  };
}

/** Tables of `before` that are another, or none, in `after`; and tables of `after` that are another, or none, in `before`. */
export function changedTables({ before, after }: Pick<ReplicaChange, 'before' | 'after'>): {
  readonly old: readonly TableMeta[];
  readonly made: readonly TableMeta[];
} {
  const differs = (table: TableMeta, others: readonly TableMeta[]) => {
    const other = byName(others, table.name);
    return !other || shape(other) !== shape(table);
  };
  return {
    old: before.tables.filter((table) => differs(table, after.tables)),
    made: after.tables.filter((table) => differs(table, before.tables)),
  };
}

/** Whether the tables of both are the same ones. */
export function sameShape(one: SchemaMeta, other: SchemaMeta): boolean {
  const { old, made } = changedTables({ before: one, after: other });
  return old.length === 0 && made.length === 0;
}

/** What a replica makes of a table: equal shapes, equal tables, triggers and functions. */
function shape({ columns, key, versionColumn }: TableMeta): string {
  const parts = columns.map(({ name, type, clientType, default: fallback, setBy }) => [
    name,
    type,
    clientType,
    fallback,
    setBy,
  ]);
  return JSON.stringify([parts, key, versionColumn]);
}

function byName<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  return all.find((each) => each.name === name);
}

/** An op's table is decoded JSON: arrays of its own. */
function mutable(table: TableMeta): Extract<SchemaOp, { op: 'add-table' }>['table'] {
  return {
    ...table,
    columns: table.columns.map((column) => ({ ...column })),
    serverOnly: [...table.serverOnly],
    key: [...table.key],
  };
}
