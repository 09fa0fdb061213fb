import type { SchemaOp } from '@millrace/schema-compat';
import {
  findTable,
  quoteIdent,
  quoteLiteral,
  quoteTable,
  tableParts,
  type ColumnMeta,
  type SchemaMeta,
  type TableMeta,
} from '@millrace/schema-meta';

/**
 * What a replica runs for these ops, a statement each: tables with their primary key and nothing else that could refuse a row [A3]. Rows that exist
 * end up as they are on the server.
 */
export function replicaStatements(
  ops: readonly SchemaOp[],
  { before, after }: { readonly before: SchemaMeta; readonly after: SchemaMeta },
): readonly string[] {
  return [...ops.flatMap(statementsOf), ...defaultStatements(ops, { before, after })];
}

function statementsOf(op: SchemaOp): readonly string[] {
  switch (op.op) {
    case 'add-table':
      return createReplicaTable(op.table);
    case 'drop-table':
      return [`drop table ${quoteTable(op.table.name)}`];
    case 'rename-table':
      return renameTable(op.from, op.to);
    case 'add-column': {
      const filled = op.value === null ? '' : ` default ${quoteLiteral(op.value)}`;
      return [`${alter(op.table)} add column ${quoteIdent(op.column.name)} ${op.column.clientType}${filled}`];
    }
    case 'drop-column':
      return [`${alter(op.table)} drop column ${quoteIdent(op.column.name)}`];
    case 'rename-column':
      return [`${alter(op.table)} rename column ${quoteIdent(op.from)} to ${quoteIdent(op.to)}`];
    case 'change-type': {
      if (op.clientFrom === op.clientTo && op.using === null) return [];
      const column = quoteIdent(op.column);
      return [
        `${alter(op.table)} alter column ${column} drop default`,
        `${alter(op.table)} alter column ${column} type ${op.clientTo} using ${op.using ?? `${column}::${op.clientTo}`}`,
      ];
    }
    case 'tighten':
    case 'relax':
    case 'reread':
      return [];
  }
}

/** The tables of a schema, as a replica that begins with it has them. */
export function createReplicaTable(table: TableMeta): readonly string[] {
  const { schema } = tableParts(table.name);
  const columns = table.columns.map((column) => {
    const byDefault = replicaDefault(column);
    return `${quoteIdent(column.name)} ${column.clientType}${byDefault === null ? '' : ` default ${byDefault}`}`;
  });
  const key = `primary key (${table.key.map(quoteIdent).join(', ')})`;
  return [
    ...(schema === 'public' ? [] : [`create schema if not exists ${quoteIdent(schema)}`]),
    `create table ${quoteTable(table.name)} (${[...columns, key].join(', ')})`,
  ];
}

/** A default of an enum or domain column may name a type that replicas don't have. */
function replicaDefault({ default: expression, type, clientType }: ColumnMeta): string | null {
  return expression !== null && type !== clientType ? expression.replaceAll(`::${type}`, '') : expression;
}

function renameTable(from: string, to: string): readonly string[] {
  const [was, is] = [tableParts(from), tableParts(to)];
  const moved = was.schema === is.schema ? from : `${is.schema}.${was.table}`;
  return [
    ...(moved === from
      ? []
      : [`create schema if not exists ${quoteIdent(is.schema)}`, `${alter(from)} set schema ${quoteIdent(is.schema)}`]),
    ...(was.table === is.table ? [] : [`${alter(moved)} rename to ${quoteIdent(is.table)}`]),
  ];
}

/** Defaults are for what is written from now on; the rows that exist have their values by then. */
function defaultStatements(
  ops: readonly SchemaOp[],
  { before, after }: { readonly before: SchemaMeta; readonly after: SchemaMeta },
): readonly string[] {
  const fresh = new Set(ops.flatMap((op) => (op.op === 'add-table' ? [op.table.name] : [])));
  return after.tables
    .filter(({ name }) => !fresh.has(name))
    .flatMap((table) =>
      table.columns.flatMap((column) => {
        const is = replicaDefault(column);
        if (presentDefault(ops, { before, table, column }) === is) return [];
        const change = is === null ? 'drop default' : `set default ${is}`;
        return [`${alter(table.name)} alter column ${quoteIdent(column.name)} ${change}`];
      }),
    );
}

/** The default that the column has once the ops are done. */
function presentDefault(
  ops: readonly SchemaOp[],
  { before, table, column }: { readonly before: SchemaMeta; readonly table: TableMeta; readonly column: ColumnMeta },
): string | null {
  let [tableName, name] = [table.name, column.name];
  for (const op of [...ops].reverse()) {
    if (op.op === 'rename-table' && op.to === tableName) tableName = op.from;
    if (!('table' in op) || op.table !== tableName) continue;
    if (op.op === 'add-column' && op.column.name === name) return op.value === null ? null : quoteLiteral(op.value);
    if (op.op === 'change-type' && op.column === name && !(op.clientFrom === op.clientTo && op.using === null))
      return null;
    if (op.op === 'rename-column' && op.to === name) name = op.from;
  }
  const was = findTable(before, tableName)?.columns.find((other) => other.name === name);
  return was ? replicaDefault(was) : null;
}

function alter(table: string): string {
  return `alter table ${quoteTable(table)}`;
}
