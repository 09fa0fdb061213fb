import { types } from '@electric-sql/pglite';
import type { PGlite, PGliteInterface, QueryOptions, Results, Transaction } from '@electric-sql/pglite';
import { SqlError, type PgText, type Row, type SqlParam, type SqlResult } from '@millrace/kernel';
import { arrayLiteral } from './array-literal.js';

/** What can run a statement: a PGlite, or a transaction of one. */
export type Queryable = Pick<PGliteInterface, 'query'> | Pick<Transaction, 'query'>;

/** A parameter is sent as it is: PGlite would take it through JS types, which cannot hold what Postgres can (I10). */
const textSerializers = new Proxy({} as Record<number, (value: unknown) => string>, {
  get: () => (value: unknown) => String(value),
});

/**
 * Result parsers that leave each value as Postgres printed it. They must cover every type for which PGlite finds a parser beside these: its
 * built-in ones, and `pg`'s own; those that `pg` inherits are not asked.
 */
export function textParsers(pg: PGlite): Record<number | string, (text: string) => string> {
  return Object.fromEntries(
    Object.keys({ ...types.parsers, ...pg.parsers }).map((oid) => [oid, (text: string) => text]),
  );
}

/** Runs one statement with text in and text out. */
export async function queryText(
  target: Queryable,
  parsers: QueryOptions['parsers'],
  sql: string,
  params: readonly SqlParam[] = [],
): Promise<SqlResult> {
  const values = params.map((param) => (typeof param === 'string' || param === null ? param : arrayLiteral(param)));
  try {
    const result: Results<PgText[]> = await target.query<PgText[]>(sql, values, {
      rowMode: 'array',
      parsers: parsers ?? {},
      serializers: textSerializers,
    });
    const names = result.fields.map((field) => field.name);
    return {
      rows: result.rows.map((row) => toRow(names, row)),
      rowCount: result.rows.length || (result.affectedRows ?? 0),
    };
  } catch (error) {
    throw sqlErrorOf(error);
  }
}

/** From entries: an assignment would lose a column that is named `__proto__`. */
export function toRow(names: readonly string[], values: readonly PgText[]): Row {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
}

/** PGlite's error as the port's; anything that Postgres did not say is passed on as it is. */
export function sqlErrorOf(error: unknown): unknown {
  if (!isDatabaseError(error)) return error;
  const { code, table, column, constraint, detail } = error;
  return new SqlError(error.message, {
    code,
    ...(table ? { table } : {}),
    ...(column ? { column } : {}),
    ...(constraint ? { constraint } : {}),
    ...(detail ? { detail } : {}),
    cause: error,
  });
}

interface DatabaseError extends Error {
  readonly code: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly detail?: string;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
  );
}
