import { quoteIdent, quoteTable, type ColumnMeta, type TableMeta } from '@millrace/schema-meta';
import { ruleToSql, type Claims } from '@millrace/sync-rules';

/** The rows of a table that these claims may see, in the types of the replica. */
export function copyQuery(table: TableMeta, claims: Claims): string {
  const columns = table.columns.map(columnSql).join(', ');
  return `copy (select ${columns} from ${quoteTable(table.name)} where ${ruleToSql(table.read, claims)}) to stdout (format binary)`;
}

/** Binary COPY is loaded without conversion: an enum or domain has to leave as the type that it has in the replica [A3]. */
function columnSql({ name, type, clientType }: ColumnMeta): string {
  return type === clientType ? quoteIdent(name) : `${quoteIdent(name)}::${clientType} as ${quoteIdent(name)}`;
}
