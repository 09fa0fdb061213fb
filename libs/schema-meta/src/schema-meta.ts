import type { Rule } from './rule.js';

/**
 * A schema as the engine sees it: which tables travel, with which columns, for whom, and what happens when two write at once.
 * A plain value (JSON-safe): compiled from entity classes, or written by hand for any other schema.
 */
export interface SchemaMeta {
  /** Version in force, `major.minor.patch`. Stamped on every history row [M2]. */
  readonly version: string;
  readonly tables: readonly TableMeta[];
}

export interface TableMeta {
  /** Bare name for schema `public`, else `schema.table`. */
  readonly name: string;
  /** Name for people and generated types, e.g. `Invoice`. */
  readonly entity: string;
  /** The columns that travel, in the order in which they are hashed and copied. Contains the key. */
  readonly columns: readonly ColumnMeta[];
  /** Columns of the table that never leave the server: dropped before anything is stored or logged [C3]. */
  readonly serverOnly: readonly string[];
  /** Primary key columns, in key order. */
  readonly key: readonly string[];
  /** Column that the server bumps with each write, if the table has one [W7]. */
  readonly versionColumn: string | null;
  readonly policy: ConflictPolicy;
  /** Which rows a principal sees. */
  readonly read: Rule;
  /** Which rows a principal may write, before and after the write. Absent: nobody may. */
  readonly write: Rule | null;
}

export interface ColumnMeta {
  readonly name: string;
  /** Name in TypeScript. */
  readonly property: string;
  /** Type on the server, as `format_type` prints it: `character(3)`, `numeric(12,2)`, `invoice_status`, `text[]`. */
  readonly type: string;
  /** Type in the replica: the same, but `text` (or `text[]`) for enums and domains, so that no server rule can stall it [A3]. */
  readonly clientType: string;
  readonly nullable: boolean;
  /** SQL expression of the default that a local insert uses, e.g. `gen_random_uuid()`; null for none. */
  readonly default: string | null;
  /** Who sets it: `server` columns (`created_at`, `updated_at`, `version`, generated ones) are never sent by a client. */
  readonly setBy: 'client' | 'server';
}

/** What a write meets that was made on a row which has changed since; the conflict policies of docs/rules.md. */
export type ConflictPolicy = 'last-write-wins' | 'server-wins' | 'reject-stale';

/** The table of that name, or undefined: names from outside are only ever looked up, never quoted and hoped for (X1). */
export function findTable(schema: SchemaMeta, name: string): TableMeta | undefined {
  return schema.tables.find((table) => table.name === name);
}

export function findColumn(table: TableMeta, name: string): ColumnMeta | undefined {
  return table.columns.find((column) => column.name === name);
}

/** Splits `schema.table`; bare names are of `public`. */
export function tableParts(name: string): { readonly schema: string; readonly table: string } {
  const dot = name.indexOf('.');
  return dot < 0 ? { schema: 'public', table: name } : { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}

/** The inverse of {@link tableParts}. */
export function tableName(schema: string, table: string): string {
  return schema === 'public' ? table : `${schema}.${table}`;
}

/** SQL identifier, quoted. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."table"`, quoted. */
export function quoteTable(name: string): string {
  const { schema, table } = tableParts(name);
  return `${quoteIdent(schema)}.${quoteIdent(table)}`;
}

/** SQL string literal, quoted. For DDL and COPY, where parameters are not possible. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
