import { schema } from '@millrace/db';
import { must } from '@millrace/kernel';
import { findTable, quoteIdent, quoteTable, type TableMeta } from '@millrace/schema-meta';

export function tableOf(name: string): TableMeta {
  return must(findTable(schema, name), `the schema has no table ${name}`);
}

/** A table as a replica has it: the client's types, and the primary key only. */
export function createTableSql(name: string): string {
  const table = tableOf(name);
  const columns = table.columns.map((column) => `${quoteIdent(column.name)} ${column.clientType}`);
  return `create table ${quoteTable(name)} (${columns.join(', ')}, primary key (${table.key.map(quoteIdent).join(', ')}))`;
}

/** Its columns in the order of the schema, quoted. */
export function columnList(name: string): string {
  return tableOf(name)
    .columns.map((column) => quoteIdent(column.name))
    .join(', ');
}
