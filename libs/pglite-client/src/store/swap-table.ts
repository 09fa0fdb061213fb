import { quoteIdent, quoteLiteral, quoteTable, tableParts, type TableMeta } from '@millrace/schema-meta';
import { shadowOf } from './shadow-tables.js';
import { scalar, type StoreTransaction, type TextSql } from './text-sql.js';
import { truncateTable } from './write-rows.js';

/**
 * Puts the shadow table's rows in the place of the table's, inside the caller's transaction in replica role. The shadow becomes the table, which
 * takes no longer for more rows; where something else hangs on the table (a view, a column or constraint of the app's), its rows are copied instead.
 */
export async function swapTable(sql: StoreTransaction, table: TableMeta): Promise<void> {
  if (await isOursAlone(sql, table)) await takePlace(sql, table);
  else await copyRows(sql, table);
}

/** Whether all that hangs on the table is what {@link takePlace} makes again. */
async function isOursAlone(sql: TextSql, table: TableMeta): Promise<boolean> {
  const columns = (name: string) =>
    `(select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)), ', ' order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ${regclass(name)} and a.attnum > 0 and not a.attisdropped)`;
  const only = await scalar(
    sql,
    `select not (c.relhassubclass or c.relrowsecurity or c.relispartition) and c.relacl is null and c.reloptions is null
       and ${columns(table.name)} = ${columns(shadowOf(table).name)}
       and not exists (
         select from pg_depend d
         where d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype <> 'i' and not (
           d.classid = 'pg_attrdef'::regclass
           or d.classid = 'pg_trigger'::regclass
           or d.classid = 'pg_constraint'::regclass
             and d.objid in (select k.oid from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'n'))
           or d.classid = 'pg_class'::regclass and d.objid in (select i.indexrelid from pg_index i where i.indrelid = c.oid)))
       and not exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'O')
       and not exists (select from pg_description n where n.classoid = 'pg_class'::regclass and n.objoid = c.oid)
       and not exists (
         select from pg_depend d where d.refclassid = 'pg_type'::regclass and d.refobjid = c.reltype and d.deptype <> 'i')
     from pg_class c where c.oid = ${regclass(table.name)}`,
  );
  return only === 't';
}

async function takePlace(sql: StoreTransaction, table: TableMeta): Promise<void> {
  const shadow = shadowOf(table);
  const again = await definitions(sql, table);
  const oldKey = await keyName(sql, table);
  const newKey = await keyName(sql, shadow);
  const { schema, table: name } = tableParts(table.name);
  const moved = `${quoteIdent(schema)}.${quoteIdent(table.name)}`;
  const statements = [
    `drop table ${quoteTable(table.name)}`,
    `alter table ${quoteTable(shadow.name)} set schema ${quoteIdent(schema)}`,
    ...(table.name === name ? [] : [`alter table ${moved} rename to ${quoteIdent(name)}`]),
    ...(oldKey === newKey || oldKey === null || newKey === null
      ? []
      : [`alter table ${quoteTable(table.name)} rename constraint ${quoteIdent(newKey)} to ${quoteIdent(oldKey)}`]),
    ...again,
  ];
  await sql.raw.exec(statements.join(';\n'));
}

/** What makes the table's triggers (capture, live queries, the app's) and the app's own indexes. */
async function definitions(sql: TextSql, table: TableMeta): Promise<readonly string[]> {
  const { rows } = await sql.query(
    `select pg_get_indexdef(i.indexrelid) as definition from pg_index i
       where i.indrelid = ${regclass(table.name)} and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
     union all
     select pg_get_triggerdef(t.oid) from pg_trigger t where t.tgrelid = ${regclass(table.name)} and not t.tgisinternal`,
  );
  return rows.map((row) => row['definition'] ?? '');
}

function keyName(sql: TextSql, table: TableMeta): Promise<string | null> {
  return scalar(sql, `select conname from pg_constraint where conrelid = ${regclass(table.name)} and contype = 'p'`);
}

async function copyRows(sql: StoreTransaction, table: TableMeta): Promise<void> {
  const columns = table.columns.map((column) => quoteIdent(column.name)).join(', ');
  await truncateTable(sql, table);
  await sql.query(
    `insert into ${quoteTable(table.name)} (${columns}) select ${columns} from ${quoteTable(shadowOf(table).name)}`,
  );
}

function regclass(name: string): string {
  return `${quoteLiteral(quoteTable(name))}::regclass`;
}
