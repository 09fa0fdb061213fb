import { type Row, type SqlConnection } from '@millrace/kernel';
import { quoteTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';

/** A column as both the stream and the catalog describe it. */
export interface ColumnShape {
  readonly name: string;
  readonly typeOid: string;
  readonly typeModifier: string;
}

/**
 * The synced columns of a table and their types, as one text. Another one means that DDL has changed what its rows hold, of which the stream says
 * nothing [M4]. Columns that are not synced may come and go.
 */
export function columnSignature(table: TableMeta, columns: readonly ColumnShape[]): string {
  const synced = new Set(table.columns.map(({ name }) => name));
  return columns
    .filter(({ name }) => synced.has(name))
    .map(({ name, typeOid, typeModifier }) => `${name} ${typeOid} ${typeModifier}`)
    .sort()
    .join('\n');
}

/** The signatures of the synced tables as the database has them now; tables that it lacks are left out. Generated columns are not in the stream, and so not here. */
export async function catalogSignatures(sql: SqlConnection, schema: SchemaMeta): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql.query(
    `select t.name, a.attname, a.atttypid::text as type_oid, a.atttypmod::text as type_modifier
     from unnest($1::text[], $2::text[]) as t (name, quoted) join pg_attribute a on a.attrelid = to_regclass(t.quoted)
     where a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`,
    [schema.tables.map(({ name }) => name), schema.tables.map(({ name }) => quoteTable(name))],
  );
  const columnsOf = Map.groupBy(rows, (row) => row['name'] as string);
  const found = schema.tables.flatMap((table) => {
    const columns = columnsOf.get(table.name);
    return columns ? [[table.name, columnSignature(table, columns.map(shapeOf))] as const] : [];
  });
  return new Map(found);
}

function shapeOf(row: Row): ColumnShape {
  return {
    name: row['attname'] as string,
    typeOid: row['type_oid'] as string,
    typeModifier: row['type_modifier'] as string,
  };
}
