import { tableName } from '@millrace/schema-meta';
import type { RunSql } from './sql-runner.js';

/** What the database has, by what stays the same when it is renamed. */
export interface Catalog {
  /** By oid. */
  readonly tables: ReadonlyMap<string, CatalogTable>;
  /** Labels by type, as `format_type` prints it; each with its oid. */
  readonly enums: ReadonlyMap<string, readonly EnumLabel[]>;
  /** Names of enums and domains, which replicas don't have. */
  readonly ownTypes: ReadonlySet<string>;
}

export interface CatalogTable {
  readonly oid: string;
  /** As a schema calls it. */
  readonly name: string;
  /** `pg_class.relreplident`. */
  readonly identity: string;
  readonly key: readonly string[];
  /** By attribute number. */
  readonly columns: ReadonlyMap<number, CatalogColumn>;
  readonly rules: readonly CatalogRule[];
}

export interface CatalogColumn {
  readonly number: number;
  readonly name: string;
  /** As `format_type` prints it. */
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | null;
  /** Computed by the database from other columns: `s` stored, `v` virtual; numbered by it: `identity`. */
  readonly generated: '' | 's' | 'v' | 'identity';
}

/** A constraint other than the primary key, or a unique index. */
export interface CatalogRule {
  /** Another one for a rule that was made anew, be it by Postgres itself. */
  readonly oid: string;
  readonly name: string;
  readonly columns: readonly number[];
  readonly definition: string;
}

export interface EnumLabel {
  readonly oid: string;
  readonly label: string;
}

export async function readCatalog(run: RunSql): Promise<Catalog> {
  const tables = await run<TableRow>(TABLES_SQL);
  const enums = await run<{ name: string; labels: readonly EnumLabel[] }>(ENUMS_SQL);
  const types = await run<{ name: string }>(OWN_TYPES_SQL);
  return {
    tables: new Map(tables.map((row) => [row.oid, catalogTable(row)])),
    enums: new Map(enums.map(({ name, labels }) => [name, labels])),
    ownTypes: new Set(types.map(({ name }) => name)),
  };
}

interface TableRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly identity: string;
  readonly key: readonly string[];
  readonly columns: readonly CatalogColumn[];
  readonly rules: readonly CatalogRule[];
}

function catalogTable({ schema, name, columns, ...row }: TableRow): CatalogTable {
  return {
    ...row,
    name: tableName(schema, name),
    columns: new Map(columns.map((column) => [column.number, column])),
  };
}

export function findCatalogTable(catalog: Catalog, name: string): CatalogTable | undefined {
  return [...catalog.tables.values()].find((table) => table.name === name);
}

export function findCatalogColumn(table: CatalogTable, name: string): CatalogColumn | undefined {
  return [...table.columns.values()].find((column) => column.name === name);
}

/** Not ours to describe: the engine's own tables, and TypeORM's list of migrations. */
const OURS = `n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'sync') and n.nspname not like 'pg\\_temp%'`;

const TABLES_SQL = /* sql */ `
  select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name, c.relreplident::text as identity,
    (select coalesce(json_agg(a.attname order by place), '[]') from pg_constraint k, unnest(k.conkey) with ordinality as u (attnum, place)
      join pg_attribute a on a.attnum = u.attnum where k.conrelid = c.oid and k.contype = 'p' and a.attrelid = c.oid) as key,
    (select coalesce(json_agg(json_build_object('number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'nullable', not a.attnotnull, 'default', case a.attgenerated when '' then pg_get_expr(d.adbin, d.adrelid) end,
        'generated', case a.attidentity when '' then a.attgenerated::text else 'identity' end) order by a.attnum), '[]')
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select coalesce(json_agg(json_build_object('oid', rule.oid, 'name', rule.name, 'columns', rule.columns, 'definition', rule.definition) order by rule.name), '[]') from (
      select k.oid::text as oid, k.conname::text as name, to_json(coalesce(k.conkey, '{}')) as columns, pg_get_constraintdef(k.oid) as definition from pg_constraint k
        where k.conrelid = c.oid and k.contype not in ('p', 'n', 't')
      union all select x.oid::text, x.relname::text, to_json(i.indkey::int2[]), pg_get_indexdef(i.indexrelid) from pg_index i join pg_class x on x.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisunique and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    ) as rule) as rules
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and ${OURS} and not (n.nspname = 'public' and c.relname = 'migrations')
  order by 2, 3`;

const ENUMS_SQL = /* sql */ `
  select format_type(t.oid, null) as name, json_agg(json_build_object('oid', e.oid::text, 'label', e.enumlabel) order by e.enumsortorder) as labels
  from pg_type t join pg_enum e on e.enumtypid = t.oid join pg_namespace n on n.oid = t.typnamespace where ${OURS} group by t.oid`;

const OWN_TYPES_SQL = /* sql */ `
  select t.typname::text as name from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('e', 'd') and ${OURS}`;

/**
 * Everything in the catalog that a migration and its way back must leave as it was, a line each: more than TypeORM's comparison looks at. Without the
 * order of columns, which a way back can't restore.
 */
export async function catalogFingerprint(run: RunSql): Promise<readonly string[]> {
  const rows = await run<{ line: string }>(FINGERPRINT_SQL);
  return rows.map(({ line }) => line).sort();
}

const FINGERPRINT_SQL = /* sql */ `
  with ours as (select n.oid, n.nspname from pg_namespace n where ${OURS}),
  tables as (select c.*, o.nspname from pg_class c join ours o on o.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not (o.nspname = 'public' and c.relname in ('migrations')))
  select format('schema %s', nspname) as line from ours
  union all select format('table %s.%s, replica identity %s%s', nspname, relname, relreplident, case when relrowsecurity then ', row security' end) from tables
  union all select format('column %s.%s.%s %s%s%s%s', t.nspname, t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' end, ' default ' || pg_get_expr(d.adbin, d.adrelid), ' ' || nullif(a.attgenerated::text, '') || nullif(a.attidentity::text, ''))
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  union all select format('constraint %s on %s: %s', k.conname, t.relname, pg_get_constraintdef(k.oid))
    from pg_constraint k join tables t on t.oid = k.conrelid where k.contype <> 'n'
  union all select format('index %s', pg_get_indexdef(i.indexrelid)) from pg_index i join tables t on t.oid = i.indrelid
  union all select format('trigger %s', pg_get_triggerdef(g.oid)) from pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal
  union all select format('policy %s on %s: %s %s', p.polname, t.relname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_policy p join tables t on t.oid = p.polrelid
  union all select format('type %s: %s', format_type(e.enumtypid, null), string_agg(e.enumlabel, ', ' order by e.enumsortorder))
    from pg_enum e join pg_type y on y.oid = e.enumtypid join ours o on o.oid = y.typnamespace group by e.enumtypid
  union all select format('domain %s: %s', format_type(y.oid, null), format_type(y.typbasetype, y.typtypmod)) from pg_type y join ours o on o.oid = y.typnamespace where y.typtype = 'd'
  union all select format('function %s', pg_get_functiondef(f.oid)) from pg_proc f join ours o on o.oid = f.pronamespace where f.prokind in ('f', 'p')
  union all select format('view %s.%s: %s', o.nspname, c.relname, pg_get_viewdef(c.oid)) from pg_class c join ours o on o.oid = c.relnamespace where c.relkind in ('v', 'm')
  union all select format('sequence %s.%s', o.nspname, c.relname) from pg_class c join ours o on o.oid = c.relnamespace
    where c.relkind = 'S' and not (o.nspname = 'public' and c.relname = 'migrations_id_seq')`;
