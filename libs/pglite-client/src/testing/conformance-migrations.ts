import type { SchemaMigration, SchemaOp } from '@millrace/schema-compat';
import type { ColumnMeta, SchemaMeta, TableMeta } from '@millrace/schema-meta';
import { column, conformanceSchema, table } from './conformance-schema.js';

interface Written {
  readonly name: string;
  readonly after: SchemaMeta;
  readonly ops: SchemaMigration['ops'];
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly kind?: SchemaMigration['kind'];
}

/** A migration of {@link conformanceSchema}. */
function migration({ name, after, ops, up, down, kind = 'breaking' }: Written): SchemaMigration {
  return {
    name,
    timestamp: 1_764_000_000_000,
    version: after.version,
    previous: conformanceSchema.version,
    dependsOn: [],
    kind,
    tightens: false,
    relaxes: false,
    checksum: '0'.repeat(64),
    ops,
    clientUp: [...up],
    clientDown: [...down],
    before: conformanceSchema,
    after,
  };
}

/** The schema with some of its tables changed; null drops one. */
function withTables(
  version: string,
  change: (found: TableMeta) => TableMeta | null,
  more: readonly TableMeta[] = [],
): SchemaMeta {
  const tables = conformanceSchema.tables.flatMap((found) => change(found) ?? []);
  return { version, tables: [...tables, ...more] };
}

function mapColumns(found: TableMeta, name: string, map: (one: ColumnMeta) => ColumnMeta | null): TableMeta {
  return found.name === name ? { ...found, columns: found.columns.flatMap((one) => map(one) ?? []) } : found;
}

function tableOp(found: TableMeta): Extract<SchemaOp, { op: 'add-table' }>['table'] {
  return { ...found, columns: [...found.columns], serverOnly: [...found.serverOnly], key: [...found.key] };
}

const color = column('color', 'text', { default: `'red'::text` });
const tags = table('tags', ['id'], [column('id', 'uuid'), column('label', 'text')]);

/** A column with a default, and a table. */
export const addColor = migration({
  name: 'AddColor1764000000000',
  kind: 'additive',
  after: withTables(
    '1.1.0',
    (found) => (found.name === 'items' ? { ...found, columns: [...found.columns, color] } : found),
    [tags],
  ),
  ops: [
    { op: 'add-column', table: 'items', column: color, value: 'red' },
    { op: 'add-table', table: tableOp(tags) },
  ],
  up: [
    `alter table items add column color text default 'red'::text`,
    'create table tags (id uuid primary key, label text)',
  ],
  down: ['drop table tags', 'alter table items drop column color'],
});

/** A column and a table under other names. */
export const renameAll = migration({
  name: 'RenameAll1764000000000',
  after: withTables('2.0.0', (found) => {
    const titled = mapColumns(found, 'items', (one) => (one.name === 'name' ? column('title', 'text') : one));
    return titled.name === 'pairs' ? { ...titled, name: 'couples' } : titled;
  }),
  ops: [
    { op: 'rename-column', table: 'items', from: 'name', to: 'title' },
    { op: 'rename-table', from: 'pairs', to: 'couples' },
  ],
  up: ['alter table items rename column name to title', 'alter table pairs rename to couples'],
  down: ['alter table couples rename to pairs', 'alter table items rename column title to name'],
});

const name = column('name', 'text');
const pairs = conformanceSchema.tables.find((each) => each.name === 'pairs') ?? tags;

/** A column and a table that are gone. */
export const dropAll = migration({
  name: 'DropAll1764000000000',
  after: withTables('2.0.0', (found) =>
    found.name === 'pairs' ? null : mapColumns(found, 'items', (one) => (one.name === 'name' ? null : one)),
  ),
  ops: [
    { op: 'drop-column', table: 'items', column: name },
    { op: 'drop-table', table: tableOp(pairs) },
  ],
  up: ['alter table items drop column name', 'drop table pairs'],
  down: [
    'create table pairs (left_id integer, "right ""id""" text, note text, primary key (left_id, "right ""id"""))',
    'alter table items add column name text',
  ],
});

/** A column of another type, whose values have another text there, if they have any. */
export const retypeName = migration({
  name: 'RetypeName1764000000000',
  after: withTables('2.0.0', (found) =>
    mapColumns(found, 'items', (one) => (one.name === 'name' ? column('name', 'integer') : one)),
  ),
  ops: [
    {
      op: 'change-type',
      table: 'items',
      column: 'name',
      from: 'text',
      to: 'integer',
      clientFrom: 'text',
      clientTo: 'integer',
      using: 'name::integer',
      back: 'name::text',
      sameText: false,
    },
  ],
  up: ['alter table items alter column name type integer using name::integer'],
  down: ['alter table items alter column name type text using name::text'],
});
