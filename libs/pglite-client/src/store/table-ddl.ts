import {
  quoteIdent,
  quoteLiteral,
  quoteTable,
  tableParts,
  type ColumnMeta,
  type TableMeta,
} from '@millrace/schema-meta';
import { keySql, rowJson, textOf } from './text-of.js';

/** A domain table of the replica: the primary key and nothing else that could refuse a row of the server [A3]. */
export function createTable(table: TableMeta): string {
  const { schema } = tableParts(table.name);
  return `
create schema if not exists ${quoteIdent(schema)};${createKeylessTable(table)}${addPrimaryKey(table)}`;
}

/** The same without its key: rows are loaded faster that way, and the key is made of all of them at once. */
export function createKeylessTable(table: TableMeta): string {
  return `
create table ${quoteTable(table.name)} (
  ${table.columns.map(columnDdl).join(',\n  ')}
);`;
}

export function addPrimaryKey(table: TableMeta): string {
  return `
alter table ${quoteTable(table.name)} add primary key (${table.key.map(quoteIdent).join(', ')});`;
}

function columnDdl(column: ColumnMeta): string {
  const fallback = column.default === null ? '' : ` default ${clientDefault(column, column.default)}`;
  return `${quoteIdent(column.name)} ${column.clientType}${fallback}`;
}

/** A default of an enum or domain column names a type that the replica does not have. */
function clientDefault(column: ColumnMeta, expression: string): string {
  return column.type === column.clientType ? expression : expression.replaceAll(`::${column.type}`, '');
}

/** Records local writes of one table; silent in replica role, in which the server's rows are applied [A1, W1]. */
export function captureTriggers(table: TableMeta): string {
  const before = functionName(table, 'before');
  const after = functionName(table, 'after');
  return `
create function ${before}() returns trigger language plpgsql as $$
begin
${beforeUpdate(table)}
end $$;
create function ${after}() returns trigger language plpgsql
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set intervalstyle = 'iso_8601' set extra_float_digits = 1 set bytea_output = 'hex' as $$
declare
  tx uuid;
begin
  if tg_op = 'UPDATE' then
    if old *= new then
      return null;
    end if;
  end if;
  tx := sync.current_mutation();
${recordChange(table)}
  return null;
end $$;
create trigger millrace_before before update on ${quoteTable(table.name)} for each row execute function ${before}();
create trigger millrace_after after insert or update or delete on ${quoteTable(table.name)} for each row execute function ${after}();
create trigger millrace_truncate before truncate on ${quoteTable(table.name)} for each statement execute function sync.refuse_truncate();`;
}

/** Undoes {@link captureTriggers}. */
export function dropCapture(name: string): string {
  const triggers = ['before', 'after', 'truncate'].map(
    (when) => `drop trigger if exists millrace_${when} on ${quoteTable(name)};`,
  );
  return `
${triggers.join('\n')}${dropFunctions(name)}`;
}

/** Undoes {@link createTable} and {@link captureTriggers}, for a table of an earlier schema. */
export function dropTable(name: string): string {
  return `
drop table if exists ${quoteTable(name)};${dropFunctions(name)}`;
}

function dropFunctions(name: string): string {
  return `
drop function if exists ${functionName({ name }, 'before')};
drop function if exists ${functionName({ name }, 'after')};`;
}

function functionName({ name }: { readonly name: string }, when: 'before' | 'after'): string {
  return `sync.${quoteIdent(`capture_${when}:${name}`)}`;
}

/** An update that changes nothing is not recorded, so the row stays as it was; one that is recorded moves the version once, as the server will [W1]. */
function beforeUpdate(table: TableMeta): string {
  const client = clientColumns(table);
  const same = `array[${client.map((c) => textOf(`new.${quoteIdent(c)}`)).join(', ')}]::text[] is not distinct from array[${client.map((c) => textOf(`old.${quoteIdent(c)}`)).join(', ')}]::text[]`;
  const server = serverColumns(table).map((column) => `  new.${quoteIdent(column)} := old.${quoteIdent(column)};`);
  const version =
    table.versionColumn === null
      ? []
      : [`  new.${quoteIdent(table.versionColumn)} := old.${quoteIdent(table.versionColumn)} + 1;`];
  return [`  if ${same} then`, '    return old;', '  end if;', ...server, ...version, '  return new;'].join('\n');
}

function recordChange(table: TableMeta): string {
  const name = quoteLiteral(table.name);
  const all = table.columns.map((column) => column.name);
  const client = clientColumns(table);
  const version = table.versionColumn === null ? 'null' : textOf(`old.${quoteIdent(table.versionColumn)}`);
  const base = (key: string, row: string) =>
    `insert into sync.base_row (table_name, row_key, row) values (${name}, ${key}, ${row}) on conflict do nothing;`;
  const change = (values: string) =>
    `insert into sync.client_changes (tx_id, table_name, operation, row_key, new_row_key, key, set, old, version, local) values (tx, ${name}, ${values});`;
  const newKey = keySql('new', table.key);
  const oldKey = keySql('old', table.key);
  return `
  if tg_op = 'INSERT' then
    ${base(newKey, 'null')}
    ${change(`'insert', ${newKey}, null, ${rowJson('new', table.key)}, ${rowJson('new', client)}, '{}', null, ${rowJson('new', serverColumns(table))}`)}
  elsif tg_op = 'DELETE' then
    ${base(oldKey, rowJson('old', all))}
    ${change(`'delete', ${oldKey}, null, ${rowJson('old', table.key)}, '{}', ${rowJson('old', client)}, ${version}, '{}'`)}
  else
    ${base(oldKey, rowJson('old', all))}
    if ${oldKey} is distinct from ${newKey} then
      ${base(newKey, 'null')}
    end if;
    ${change(`'update', ${oldKey}, nullif(${newKey}, ${oldKey}), ${rowJson('old', table.key)}, ${changed('new', client)}, ${changed('old', client)}, ${version}, '{}'`)}
  end if;`;
}

/** The values of the columns whose text this update changes. */
function changed(row: 'new' | 'old', columns: readonly string[]): string {
  const pairs = columns.map(
    (column) =>
      `(${quoteLiteral(column)}, ${textOf(`old.${quoteIdent(column)}`)}, ${textOf(`new.${quoteIdent(column)}`)})`,
  );
  return `(select coalesce(jsonb_object_agg(c.name, c.${row}_value), '{}') from (values ${pairs.join(', ')}) as c (name, old_value, new_value) where c.old_value is distinct from c.new_value)`;
}

function clientColumns(table: TableMeta): readonly string[] {
  return table.columns.filter((column) => column.setBy === 'client').map((column) => column.name);
}

function serverColumns(table: TableMeta): readonly string[] {
  return table.columns.filter((column) => column.setBy === 'server').map((column) => column.name);
}
