import type { SqlConnection } from '@millrace/kernel';
import { quoteTable, type SchemaMeta } from '@millrace/schema-meta';

/** What the catalog says of when a table was last written as a whole. */
export interface TableWriting {
  /** Its columns: {@link columnSignature}. */
  readonly signature: string;
  /** The files that hold its rows: others after a rewrite, and after VACUUM FULL, CLUSTER, TRUNCATE and pg_repack, which change no value. */
  readonly files: string;
  /** The transactions that last changed the catalog's entries of its synced columns: others after ALTER COLUMN, and not after what moves rows only. */
  readonly alteredBy: string;
}

/**
 * `ALTER COLUMN note TYPE text USING upper(note)` on a text changes every row, and neither the stream nor the columns' types tell of it [M4]. What it leaves
 * behind is both another file and another entry of the column. No event trigger is needed for that, which only superusers may create.
 * By table; tables that the database lacks are left out.
 */
export async function tableWritings(
  sql: SqlConnection,
  schema: SchemaMeta,
  signatures: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, TableWriting>> {
  const tables = schema.tables.filter(({ name }) => signatures.has(name));
  const { rows } = await sql.query(
    `with tables as (
       select name, columns, to_regclass(quoted) as oid from jsonb_to_recordset($1::jsonb) as t (name text, quoted text, columns jsonb)
     ), parts as (
       select name, columns, oid from tables
       union select name, columns, relid from tables, pg_partition_tree(oid)
     )
     select name,
       (select string_agg(relfilenode::text, ' ' order by c.oid) from parts p join pg_class c using (oid) where p.name = t.name) as files,
       (select string_agg(a.xmin::text, ' ' order by attrelid, attnum) from parts p join pg_attribute a on a.attrelid = p.oid
        where p.name = t.name and attnum > 0 and p.columns ? attname) as altered_by
     from tables t order by name`,
    [
      JSON.stringify(
        tables.map(({ name, columns }) => ({
          name,
          quoted: quoteTable(name),
          columns: columns.map((column) => column.name),
        })),
      ),
    ],
  );
  return new Map(
    rows.map((row) => {
      const name = row['name'] as string;
      const signature = signatures.get(name) as string;
      return [name, { signature, files: row['files'] ?? '', alteredBy: row['altered_by'] ?? '' }] as const;
    }),
  );
}

/** Whether rows were rewritten in between, of which other columns tell nothing: where these differ, that is told otherwise. */
export function wasRewritten(before: TableWriting, now: TableWriting): boolean {
  return before.signature === now.signature && before.files !== now.files && before.alteredBy !== now.alteredBy;
}
