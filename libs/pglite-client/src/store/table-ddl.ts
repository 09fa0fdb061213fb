import {
  quoteIdent,
  quoteLiteral,
  quoteTable,
  tableParts,
  type ColumnMeta,
  type TableMeta,
} from '@millrace/schema-meta';
import { UNLESS_APPLIED } from './silence.js';
import { columnNames, rowTexts, textOf } from './text-of.js';

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

/**
 * Records local writes of one table; silent where the server's rows are applied [A1, W1]. Can be repeated, as at each start: a replica of an earlier release
 * then records as this one does.
 */
export function captureTriggers(table: TableMeta): string {
  const name = quoteTable(table.name);
  return `${captureFunctions(table)}
create or replace trigger millrace_before before update on ${name} for each row ${UNLESS_APPLIED} execute function ${functionName(table, 'before')}();
create or replace trigger millrace_after after insert or update or delete on ${name} for each row ${UNLESS_APPLIED} execute function ${functionName(table, 'after')}();
create or replace trigger millrace_truncate before truncate on ${name} for each statement ${UNLESS_APPLIED} execute function sync.refuse_truncate();`;
}

function captureFunctions(table: TableMeta): string {
  return `
create or replace function ${functionName(table, 'before')}() returns trigger language plpgsql as $$
begin
${beforeUpdate(table)}
end $$;
create or replace function ${functionName(table, 'after')}() returns trigger language plpgsql
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set intervalstyle = 'iso_8601' set extra_float_digits = 1 set bytea_output = 'hex' as $$
${recordChange(table)}$$;`;
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
  const differs = columnsOf(table, 'client').map(
    (column) => `${textOf('new', column)} is distinct from ${textOf('old', column)}`,
  );
  const server = columnsOf(table, 'server').map(({ name }) => `  new.${quoteIdent(name)} := old.${quoteIdent(name)};`);
  const version =
    table.versionColumn === null
      ? []
      : [`  new.${quoteIdent(table.versionColumn)} := old.${quoteIdent(table.versionColumn)} + 1;`];
  return [
    `  if not (${differs.join(' or ') || 'false'}) then`,
    '    return old;',
    '  end if;',
    ...server,
    ...version,
    '  return new;',
  ].join('\n');
}

/**
 * Each value's text is taken once, and lists of texts are compared in a loop: Postgres prepares every expression anew in each transaction, so that
 * for a write of one row the size of the SQL counts, not its work. Columns of the client come first in the lists, then those of the server.
 */
function recordChange(table: TableMeta): string {
  const client = columnsOf(table, 'client');
  const columns = [...client, ...columnsOf(table, 'server')];
  const position = (name: string) => columns.findIndex((column) => column.name === name) + 1;
  const keys = table.key.map(position);
  const ofKey = (values: string) => `array[${keys.map((at) => `${values}[${at}]`).join(', ')}]`;
  const keyText = (values: string) => `array_to_json(${ofKey(values)})::text`;
  const keyJson = (values: string) => `jsonb_object(${ofKey('names')}, ${ofKey(values)})`;
  const ofClient = (values: string) => `${values}[:${client.length}]`;
  const ofServer = (values: string) => `${values}[${client.length + 1}:]`;
  const version = table.versionColumn === null ? 'null' : `olds[${position(table.versionColumn)}]`;
  const keyMoves = keys.map((at) => `olds[${at}] is distinct from news[${at}]`).join(' or ');
  const name = quoteLiteral(table.name);
  const base = (key: string, row: string) =>
    `insert into sync.base_row (table_name, row_key, row) values (${name}, ${key}, ${row}) on conflict do nothing;`;
  const change = (values: string) =>
    `insert into sync.client_changes (tx_id, table_name, operation, row_key, new_row_key, key, set, old, version, local) values (tx, ${name}, ${values});`;
  return `
declare
  names constant text[] := ${columnNames(columns)};
  olds text[];
  news text[];
  changed text[] := '{}';
  before text[] := '{}';
  after text[] := '{}';
  old_key text;
  new_key text;
  tx uuid;
begin
  if tg_op = 'UPDATE' then
    if old *= new then
      return null;
    end if;
  end if;
  tx := sync.current_mutation();
  if tg_op = 'INSERT' then
    news := ${rowTexts('new', columns)};
    new_key := ${keyText('news')};
    ${base('new_key', 'null')}
    ${change(`'insert', new_key, null, ${keyJson('news')}, jsonb_object(${ofClient('names')}, ${ofClient('news')}), '{}', null, jsonb_object(${ofServer('names')}, ${ofServer('news')})`)}
    return null;
  end if;
  olds := ${rowTexts('old', columns)};
  old_key := ${keyText('olds')};
  ${base('old_key', 'jsonb_object(names, olds)')}
  if tg_op = 'DELETE' then
    ${change(`'delete', old_key, null, ${keyJson('olds')}, '{}', jsonb_object(${ofClient('names')}, ${ofClient('olds')}), ${version}, '{}'`)}
    return null;
  end if;
  news := ${rowTexts('new', columns)};
  if ${keyMoves} then
    new_key := ${keyText('news')};
    ${base('new_key', 'null')}
  end if;
  for n in 1..${client.length} loop
    if olds[n] is distinct from news[n] then
      changed := changed || names[n];
      before := before || olds[n];
      after := after || news[n];
    end if;
  end loop;
  ${change(`'update', old_key, new_key, ${keyJson('olds')}, jsonb_object(changed, after), jsonb_object(changed, before), ${version}, '{}'`)}
  return null;
end `;
}

function columnsOf(table: TableMeta, setBy: ColumnMeta['setBy']): readonly ColumnMeta[] {
  return table.columns.filter((column) => column.setBy === setBy);
}
