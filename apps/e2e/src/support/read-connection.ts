import type { Row, SqlConnection } from '@millrace/kernel';
import type { MillraceClient } from '@millrace/pglite-client';
import type { Source } from './source.js';

type ReadConnection = Pick<SqlConnection, 'query'>;

/** A client's database for code that only asks, all values as text. */
export function replicaConnection(client: MillraceClient): ReadConnection {
  return { query: async (sql) => resultOf((await client.db.query<Row>(sql, [], { text: true })).rows) };
}

/** The source, for the same code. */
export function sourceConnection(source: Source): ReadConnection {
  return { query: async (sql) => resultOf(await source.rows(sql)) };
}

function resultOf(rows: readonly Row[]) {
  return { rows, rowCount: rows.length };
}
