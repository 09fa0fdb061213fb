import { quoteIdent, type TableMeta } from '@millrace/schema-meta';
import { createKeylessTable } from './table-ddl.js';

/** Where rows are loaded until they take the place of those in use [S3]. */
export const SHADOW_SCHEMA = 'millrace_shadow';

/** Ends an attempt that was interrupted: what it had loaded is of no use to the next one. */
export const dropShadowTables = `drop schema if exists ${quoteIdent(SHADOW_SCHEMA)} cascade;`;

/** Room for shadow tables, and nothing of an earlier attempt. */
export const createShadowSchema = `${dropShadowTables} create schema ${quoteIdent(SHADOW_SCHEMA)};`;

/** An empty table without a key. */
export function createShadowTable(table: TableMeta): string {
  return createKeylessTable(shadowOf(table));
}

/** The table's twin: of the same columns, under a name that no other table's twin has. */
export function shadowOf(table: TableMeta): TableMeta {
  return { ...table, name: `${SHADOW_SCHEMA}.${table.name}` };
}
