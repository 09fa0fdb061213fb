import { must, type Row } from '@millrace/kernel';
import { TABLE_HASH_ALGORITHM, tableHashSql } from '@millrace/hydration';
import { quoteIdent, quoteLiteral, type TableMeta } from '@millrace/schema-meta';
import type { TableState } from '../core/ports/client-store.js';
import { text } from './outbox-rows.js';
import { keyValues } from './rewrite-base-rows.js';
import type { TextSql } from './text-sql.js';

/** Count and hash of a table's base rows, and since when they are as they are [S6]. */
export async function tableState(sql: TextSql, table: TableMeta): Promise<TableState> {
  const found = await sql.query(
    `select exists (select from sync.base_row where table_name = $1) as pending,
       coalesce((select changed_at from sync.table_state where table_name = $1), 0) as changed_at`,
    [table.name],
  );
  const state = must(found.rows[0], 'a row without a condition');
  const { rows } = await sql.query(state['pending'] === 't' ? baseHashSql(table) : tableHashSql(table));
  return {
    name: table.name,
    hash: hashOf(must(rows[0], 'a sum has a row')),
    changedAt: BigInt(text(state, 'changed_at')),
  };
}

function hashOf(row: Row): TableState['hash'] {
  return { algorithm: TABLE_HASH_ALGORITHM, count: text(row, 'count'), hash: text(row, 'hash') };
}

/** The hash is a sum: what pending changes show is taken away, and the base rows that they hide are added. */
function baseHashSql(table: TableMeta): string {
  const ofTable = `b.table_name = ${quoteLiteral(table.name)}`;
  const key = table.key.map(quoteIdent).join(', ');
  const shown = `(${key}) in (select ${keyValues(table).join(', ')} from sync.base_row b where ${ofTable})`;
  const columns = table.columns
    .map(({ name, clientType }) => `(b.row ->> ${quoteLiteral(name)})::${clientType} as ${quoteIdent(name)}`)
    .join(', ');
  const base = `(select ${columns} from sync.base_row b where ${ofTable} and b.row is not null) as base`;
  const sum = (column: string) =>
    `(visible.${column}::numeric - shown.${column}::numeric + base.${column}::numeric)::text as ${column}`;
  return `select ${sum('count')}, ${sum('hash')}
    from (${tableHashSql(table)}) visible, (${tableHashSql(table, shown)}) shown, (${tableHashSql(table, 'true', base)}) base`;
}
