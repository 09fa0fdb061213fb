import { must, type SqlConnection } from '@millrace/kernel';
import { quoteIdent, quoteTable, type ColumnMeta, type TableMeta } from '@millrace/schema-meta';

/** Name of the algorithm: two hashes compare only if they were made by the same one [S6]. */
export const TABLE_HASH_ALGORITHM = 'record64-sum-v1';

/** Number of rows, and a hash that does not depend on their order. */
export interface TableHash {
  readonly algorithm: string;
  readonly count: string;
  readonly hash: string;
}

/** Types whose hash is the same on every Postgres and on PGlite. Others are hashed by their text: enums hash their oid, json has no hash. */
const STABLE =
  /^(uuid|text|character varying|character|smallint|integer|bigint|numeric|boolean|date|timestamp|time|interval|bytea|jsonb)\b/;

/**
 * The statement that {@link hashTable} runs: the same on both sides. `condition` is SQL, e.g. from a sync rule; `source`: what has the table's columns,
 * if it is not the table itself.
 */
export function tableHashSql(table: TableMeta, condition = 'true', source = quoteTable(table.name)): string {
  const columns = table.columns.map(hashedColumn).join(', ');
  return `select count(*)::text as count, coalesce(sum(hash_record_extended(t, 0)), 0)::text as hash
            from (select ${columns} from ${source} where ${condition}) t`;
}

/** Counts and hashes the rows of a table that meet `condition`. */
export async function hashTable(
  sql: Pick<SqlConnection, 'query'>,
  table: TableMeta,
  condition = 'true',
): Promise<TableHash> {
  const [row] = (await sql.query(tableHashSql(table, condition))).rows;
  return {
    algorithm: TABLE_HASH_ALGORITHM,
    count: must(row?.['count'], 'no count'),
    hash: must(row?.['hash'], 'no hash'),
  };
}

function hashedColumn(column: ColumnMeta): string {
  const name = quoteIdent(column.name);
  const native = column.type === column.clientType && STABLE.test(column.type) && !column.type.endsWith('[]');
  return native ? name : `${name}::text as ${name}`;
}
