import { quoteIdent, type TableMeta } from '@millrace/schema-meta';
import { createKeylessTable } from './table-ddl.js';

/** Where rows are loaded until they take the place of those in use [S3]. */
export const SHADOW_SCHEMA = 'millrace_shadow';

/** Ends an attempt that was interrupted: what it had loaded is of no use to the next one. */
export const dropShadowTables = `drop schema if exists ${quoteIdent(SHADOW_SCHEMA)} cascade;`;

/** Empty tables without keys, and nothing of an earlier attempt. */
export function createShadowTables(tables: readonly TableMeta[]): string {
  const create = tables.map((table) => createKeylessTable(shadowOf(table))).join('');
  return `${dropShadowTables}
create schema ${quoteIdent(SHADOW_SCHEMA)};${create}`;
}

/** The table's twin: of the same columns, under a name that no other table's twin has. */
export function shadowOf(table: TableMeta): TableMeta {
  return { ...table, name: `${SHADOW_SCHEMA}.${table.name}` };
}
