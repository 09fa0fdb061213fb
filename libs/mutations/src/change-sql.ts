import { must, type PgText, type Row, type SqlParam } from '@millrace/kernel';
import { findColumn, quoteIdent, quoteTable, type ColumnMeta, type TableMeta } from '@millrace/schema-meta';
import { ruleToSql, type Claims } from '@millrace/sync-rules';
import { castType } from './cast-type.js';

/** A statement with its parameters. Names come from the schema, values only as parameters (X1). */
export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlParam[];
}

/**
 * The row of that key, if the writer may see it, locked against other writers (X6). The scope is part of the condition, so that a row outside
 * it is not even locked. Updates leave the key alone as a rule, and then must not block the foreign-key checks of others.
 */
export function lockRow(
  table: TableMeta,
  key: Row,
  claims: Claims,
  strength: 'for update' | 'for no key update',
): Statement {
  const values = parameters(table);
  const where = keyCondition(table, key, values);
  return {
    sql: `select ${columnList(table)} from ${quoteTable(table.name)} where ${where} and (${ruleToSql(table.read, claims)}) ${strength}`,
    params: values.params,
  };
}

/** Absent columns take the server's default. No row comes back when the key is taken, by whomever. */
export function insertRow(table: TableMeta, set: Row): Statement {
  const values = parameters(table);
  const columns = Object.keys(set);
  const names = columns.map(quoteIdent).join(', ');
  const list = columns.map((column) => values.of(column, set[column] as PgText)).join(', ');
  const key = table.key.map(quoteIdent).join(', ');
  return {
    sql: `insert into ${quoteTable(table.name)} (${names}) values (${list}) on conflict (${key}) do nothing returning ${columnList(table)}`,
    params: values.params,
  };
}

/** Whether the key is taken, by whomever: in nobody's scope an insert can succeed on it. */
export function findKey(table: TableMeta, key: Row): Statement {
  const values = parameters(table);
  return {
    sql: `select 1 from ${quoteTable(table.name)} where ${keyCondition(table, key, values)}`,
    params: values.params,
  };
}

export function updateRow(table: TableMeta, key: Row, set: Row): Statement {
  const values = parameters(table);
  const assignments = Object.keys(set).map(
    (column) => `${quoteIdent(column)} = ${values.of(column, set[column] as PgText)}`,
  );
  const where = keyCondition(table, key, values);
  return {
    sql: `update ${quoteTable(table.name)} set ${assignments.join(', ')} where ${where} returning ${columnList(table)}`,
    params: values.params,
  };
}

export function deleteRow(table: TableMeta, key: Row): Statement {
  const values = parameters(table);
  return {
    sql: `delete from ${quoteTable(table.name)} where ${keyCondition(table, key, values)}`,
    params: values.params,
  };
}

interface Parameters {
  readonly params: SqlParam[];
  /**
   * Adds a value and gives the expression that reads it in the column's type: by the type's input function, as COPY would. By way of `::text::`
   * a domain over `varchar(3)` would cut the value in silence.
   */
  of(column: string, value: PgText): string;
}

function parameters(table: TableMeta): Parameters {
  const params: SqlParam[] = [];
  return {
    params,
    of: (column, value) => `$${params.push(value)}::${castType(columnOf(table, column).type)}`,
  };
}

function keyCondition(table: TableMeta, key: Row, values: Parameters): string {
  return table.key.map((column) => `${quoteIdent(column)} = ${values.of(column, key[column] as PgText)}`).join(' and ');
}

function columnList(table: TableMeta): string {
  return table.columns.map((column) => quoteIdent(column.name)).join(', ');
}

function columnOf(table: TableMeta, name: string): ColumnMeta {
  return must(findColumn(table, name), () => `${table.name} has no column ${name}`);
}
