import type { Row } from '@millrace/kernel';
import { quoteIdent, quoteTable, type TableMeta } from '@millrace/schema-meta';

/** `select <synced columns> … order by <key>`: run on both sides, its result must be byte-equal (I1, I10). */
export function tableTextSql(table: TableMeta, condition = 'true'): string {
  const columns = table.columns
    .map((column) => `${quoteIdent(column.name)}::text as ${quoteIdent(column.name)}`)
    .join(', ');
  const order = table.key.map((column) => `${quoteIdent(column)}::text collate "C"`).join(', ');
  return `select ${columns} from ${quoteTable(table.name)} where ${condition} order by ${order}`;
}

/** Rows as plain objects, so that they compare whatever made them. */
export function plain(rows: readonly Row[]): readonly Record<string, string | null>[] {
  return rows.map((row) => ({ ...row }));
}
