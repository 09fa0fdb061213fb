import { quoteIdent, quoteTable, type ColumnMeta, type TableMeta } from '@millrace/schema-meta';
import type { SnapshotFormat } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { scopeCondition } from './scope-condition.js';

/**
 * The rows of a table that these claims may see, as one binary COPY stream. `binary`: in the types of the replica; `json`: one text value
 * per row, a JSON array of the columns' texts.
 */
export function copyQuery(table: TableMeta, claims: Claims, format: SnapshotFormat = 'binary'): string {
  const rows = format === 'binary' ? table.columns.map(replicaValue).join(', ') : jsonRow(table.columns);
  return `copy (select ${rows} from ${quoteTable(table.name)} where ${scopeCondition(table, claims)}) to stdout (format binary)`;
}

/** Binary COPY is loaded without conversion: an enum or domain has to leave as the type that it has in the replica [A3]. */
function replicaValue({ name, type, clientType }: ColumnMeta): string {
  return type === clientType ? quoteIdent(name) : `${quoteIdent(name)}::${clientType} as ${quoteIdent(name)}`;
}

/** `concat` prints a value as the WAL and COPY do; a cast to text prints some differently: 'true' for a boolean 't', 'a' for a character(3) 'a  '. */
function jsonRow(columns: readonly ColumnMeta[]): string {
  const values = columns.map(({ name }) => {
    const column = quoteIdent(name);
    return `case when ${column} is null then null else concat(${column}) end`;
  });
  // A function takes a hundred arguments at most; arrays are joined without end.
  const parts = inParts(values, 50).map((part) => `jsonb_build_array(${part.join(', ')})`);
  return `(${parts.join(' || ')})::text`;
}

function inParts<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}
