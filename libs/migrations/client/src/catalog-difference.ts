import type { Row } from '@millrace/kernel';
import { tableParts, type SchemaMeta } from '@millrace/schema-meta';
import type { ReplicaChange } from './replica-change.js';

export interface CatalogQuery {
  readonly sql: string;
  readonly params: readonly string[];
}

/** Finds where the database's catalog is not what `after` says: a row per column that is missing, too much, or of another type or role in the key. */
export function catalogQuery({ before, after }: Pick<ReplicaChange, 'before' | 'after'>): CatalogQuery {
  return { sql: COMPARE, params: [JSON.stringify(columnsOf(after)), JSON.stringify(goneOf(before, after))] };
}

/** Rows of {@link catalogQuery}, for people. */
export function describeDifferences(rows: readonly Row[]): string {
  return rows.map(describe).join('; ');
}

function describe(row: Row): string {
  const column = `${row['name']}.${row['column_name']}`;
  if (row['wanted'] === null) return `${column} should not be there`;
  if (row['found'] === null) return `${column} is missing`;
  return `${column} is ${row['found']}, it should be ${row['wanted']}`;
}

function columnsOf({ tables }: SchemaMeta): readonly object[] {
  return tables.flatMap(({ name, columns, key }) => {
    const { schema, table } = tableParts(name);
    return columns.map((column) => ({
      schema,
      table,
      column_name: column.name,
      type: column.clientType,
      key: key.includes(column.name),
    }));
  });
}

function goneOf(before: SchemaMeta, after: SchemaMeta): readonly object[] {
  const there = new Set(after.tables.map(({ name }) => name));
  return before.tables.filter(({ name }) => !there.has(name)).map(({ name }) => tableParts(name));
}

const COMPARE = /* sql */ `
with wanted as (
  select x.schema, x."table", x.column_name,
    coalesce(format_type(to_regtype(x.type), to_regtypemod(x.type)), x.type) || case when x.key then ' in the key' else '' end as type
  from json_to_recordset($1::json) as x (schema text, "table" text, column_name text, type text, key boolean)
), looked_at as (
  select schema, "table" from wanted
  union select x.schema, x."table" from json_to_recordset($2::json) as x (schema text, "table" text)
), found as (
  select n.nspname::text as schema, c.relname::text as "table", a.attname::text as column_name,
    format_type(a.atttypid, a.atttypmod) || case when a.attnum = any (k.conkey) then ' in the key' else '' end as type
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
  where c.relkind in ('r', 'p') and (n.nspname::text, c.relname::text) in (select schema, "table" from looked_at)
)
select "table" as name, column_name, w.type as wanted, f.type as found
from wanted w full join found f using (schema, "table", column_name)
where w.type is distinct from f.type order by 1, 2 limit 20`;
