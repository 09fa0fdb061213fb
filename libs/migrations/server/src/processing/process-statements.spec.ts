import { rule, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { column, noteTables, notes } from '../testing/note-migrations.js';
import { openTrialDatabase, type TrialDatabase } from './domain-source.js';
import { MigrationError } from './migration-error.js';
import { processStatements, type StatementsOptions } from './process-statements.js';
import type { ProcessedMigration } from './process-migration.js';

const before: SchemaMeta = { version: '1.2.3', tables: [notes] };
const beforeSql = [...noteTables, `create table plain (id integer)`];

describe('processStatements', () => {
  let database: TrialDatabase;
  beforeAll(async () => {
    database = await openTrialDatabase([]);
  });
  afterAll(() => database[Symbol.asyncDispose]());

  function process(
    up: readonly string[],
    down: readonly string[],
    more: Partial<StatementsOptions> = {},
  ): Promise<ProcessedMigration> {
    return processStatements({ before, beforeSql, up, down, database, ...more });
  }

  async function faultOf(up: readonly string[], down: readonly string[], more: Partial<StatementsOptions> = {}) {
    const error: unknown = await process(up, down, more).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof MigrationError) return error;
    throw error instanceof Error ? error : new Error('nothing was refused');
  }

  it('records statements one by one, and tells what they are to clients', async () => {
    const migration = await process(
      [
        `alter table notes add column color text not null default 'it''s; red'; comment on table notes is 'x'`,
        `update notes set color = 'blue'`,
      ],
      ['alter table notes drop column color'],
    );
    expect(migration.serverUp.map(({ sql }) => sql)).toEqual([
      `alter table notes add column color text not null default 'it''s; red'`,
      `comment on table notes is 'x'`,
      `update notes set color = 'blue'`,
    ]);
    expect(migration).toMatchObject({
      version: '1.3.0',
      previous: '1.2.3',
      kind: 'additive',
      tightens: false,
      relaxes: false,
    });
    expect(migration.ops).toMatchObject([
      { op: 'add-column', table: 'notes', value: `it's; red`, column: { name: 'color', nullable: false } },
    ]);
    expect(migration.clientUp).toEqual([
      `alter table "public"."notes" add column "color" text default 'it''s; red'`,
      `alter table "public"."notes" alter column "color" set default 'it''s; red'::text`,
    ]);
    expect(migration.clientDown).toEqual([`alter table "public"."notes" drop column "color"`]);
  });

  it.each<[string, string[], string[], object]>([
    [
      'a rename',
      ['alter table notes rename column title to heading'],
      ['alter table notes rename column heading to title'],
      { kind: 'breaking', version: '2.0.0', ops: [{ op: 'rename-column', from: 'title', to: 'heading' }] },
    ],
    [
      'integer to bigint',
      ['alter table notes alter column size type bigint'],
      ['alter table notes alter column size type integer'],
      {
        kind: 'breaking',
        tightens: false,
        ops: [{ op: 'change-type', from: 'integer', to: 'bigint', using: null, sameText: false }],
      },
    ],
    [
      'a longer varchar',
      ['alter table notes alter column title type varchar(20)'],
      ['alter table notes alter column title type varchar(10)'],
      { kind: 'additive', relaxes: true, ops: [{ op: 'change-type', to: 'character varying(20)' }] },
    ],
    [
      'varchar to text',
      ['alter table notes alter column title type text'],
      ['alter table notes alter column title type varchar(10)'],
      { kind: 'additive', ops: [{ op: 'change-type', to: 'text' }] },
    ],
    [
      'timestamp to timestamptz, with its zone named',
      [`alter table notes alter column taken type timestamptz using taken at time zone 'UTC'`],
      [`alter table notes alter column taken type timestamp using taken at time zone 'UTC'`],
      {
        kind: 'breaking',
        ops: [
          { op: 'change-type', using: `taken AT TIME ZONE 'UTC'`, back: `taken AT TIME ZONE 'UTC'`, sameText: false },
        ],
      },
    ],
    [
      'json to jsonb',
      ['alter table notes alter column data type jsonb'],
      ['alter table notes alter column data type json'],
      { kind: 'breaking', ops: [{ op: 'change-type', using: null, back: null }] },
    ],
    [
      'a scalar to an array',
      ['alter table notes alter column size type integer[] using array[size]'],
      ['alter table notes alter column size type integer using size[1]'],
      { kind: 'breaking', ops: [{ op: 'change-type', to: 'integer[]', using: 'ARRAY[size]', back: '(size)[1]' }] },
    ],
    [
      'a new label',
      [`alter type mood add value 'fair'`],
      [
        'alter type mood rename to mood_old',
        `create type mood as enum ('good', 'bad')`,
        'alter table notes alter column mood drop default',
        'alter table notes alter column mood type mood using mood::text::mood',
        `alter table notes alter column mood set default 'good'`,
        'drop type mood_old',
      ],
      {
        kind: 'additive',
        relaxes: true,
        ops: [{ op: 'relax', column: 'mood', rule: "not 'fair'" }],
        clientUp: [],
        clientDown: [],
      },
    ],
    [
      'NOT NULL, a check, a default',
      [
        `update notes set size = 0 where size is null`,
        'alter table notes alter column size set not null, alter column size set default 0',
        'alter table notes add constraint small check (size < 10)',
      ],
      [
        'alter table notes drop constraint small',
        'alter table notes alter column size drop not null, alter column size drop default',
      ],
      {
        kind: 'breaking',
        tightens: true,
        ops: [
          { op: 'tighten', column: 'size', rule: 'not null' },
          { op: 'tighten', column: 'size', rule: 'CHECK ((size < 10))' },
        ],
        clientUp: [`alter table "public"."notes" alter column "size" set default 0`],
      },
    ],
    [
      'a dropped column that comes back filled',
      ['alter table notes drop column title'],
      [
        `alter table notes add column title varchar(10) default 'x'`,
        'alter table notes alter column title drop default',
      ],
      { kind: 'breaking', tightens: true, ops: [{ op: 'drop-column' }, { op: 'reread' }] },
    ],
    [
      'what clients have no part in',
      ['create table other (id int)', 'create index on notes (size)'],
      ['drop table other', 'drop index notes_size_idx'],
      { kind: 'patch', version: '1.2.4', ops: [], clientUp: [] },
    ],
  ])('%s', async (_what, up, down, expected) => {
    expect(await process(up, down)).toMatchObject(expected);
  });

  it('a table that is renamed, with a column that takes the name of another', async () => {
    const migration = await process(
      [
        'alter table notes rename to memos',
        'alter table memos drop column title',
        'alter table memos rename column size to title',
        'alter table memos alter column title type bigint',
      ],
      [
        'alter table memos alter column title type integer',
        'alter table memos rename column title to size',
        'alter table memos add column title varchar(10)',
        'alter table memos rename to notes',
      ],
    );
    expect(migration.ops).toMatchObject([
      { op: 'rename-table', from: 'notes', to: 'memos' },
      { op: 'drop-column', table: 'memos', column: { name: 'title' } },
      { op: 'rename-column', table: 'memos', from: 'size', to: 'title' },
      { op: 'change-type', table: 'memos', column: 'title', from: 'integer', to: 'bigint' },
    ]);
  });

  it('tables that come, go, and are synced from now on', async () => {
    const fresh: TableMeta = {
      ...notes,
      name: 'lab.fresh',
      columns: [column('id', 'integer', { nullable: false })],
      serverOnly: [],
    };
    const plain: TableMeta = { ...fresh, name: 'plain' };
    const migration = await process(
      [
        'create schema lab',
        'create table lab.fresh (id integer primary key)',
        'alter table lab.fresh replica identity full',
        'drop table notes',
        'drop type mood',
        'alter table plain add primary key (id), replica identity full',
      ],
      [
        'alter table plain drop constraint plain_pkey, replica identity default',
        'alter table plain alter column id drop not null',
        'drop table lab.fresh',
        'drop schema lab',
        ...beforeSql.slice(0, 3),
      ],
      { after: { version: '', tables: [fresh, plain] } },
    );
    expect(migration).toMatchObject({
      kind: 'breaking',
      ops: [
        { op: 'drop-table', table: { name: 'notes' } },
        { op: 'add-table', table: { name: 'lab.fresh' } },
        { op: 'add-table', table: { name: 'plain' } },
        { op: 'reread', table: 'plain' },
      ],
      clientUp: [
        'drop table "public"."notes"',
        'create schema if not exists "lab"',
        'create table "lab"."fresh" ("id" integer, primary key ("id"))',
        'create table "public"."plain" ("id" integer, primary key ("id"))',
      ],
    });
  });

  it.each<[string, string[], string[], object]>([
    [
      'a label under another name',
      [`alter type mood rename value 'bad' to 'sad'`],
      [`alter type mood rename value 'sad' to 'bad'`],
      {
        kind: 'breaking',
        ops: [
          { op: 'tighten', rule: "not 'bad'" },
          { op: 'relax', rule: "not 'sad'" },
          { op: 'reread', reason: "'bad' is 'sad' from now on" },
        ],
      },
    ],
    [
      'a computed column',
      ['alter table notes add column twice integer generated always as (size * 2) stored'],
      ['alter table notes drop column twice'],
      {
        ops: [
          { op: 'add-column', value: null, column: { setBy: 'server' } },
          { op: 'reread', reason: 'column twice is computed' },
        ],
      },
    ],
    [
      'a conversion by another column',
      ['alter table notes alter column title type text using title || size::text'],
      ['alter table notes alter column title type varchar(10)'],
      { ops: [{ op: 'change-type', using: 'NULL', sameText: false }, { op: 'reread' }] },
    ],
    [
      'a column of an enum that becomes text',
      [
        'alter table notes alter column mood drop default',
        'alter table notes alter column mood type text using mood::text',
      ],
      [
        'alter table notes alter column mood type mood using mood::mood',
        `alter table notes alter column mood set default 'good'`,
      ],
      {
        kind: 'additive',
        ops: [{ op: 'change-type', clientFrom: 'text', clientTo: 'text', sameText: true }, { op: 'relax' }],
      },
    ],
  ])('%s', async (_what, up, down, expected) => {
    expect(await process(up, down)).toMatchObject(expected);
  });

  it('what no statement says: a column shown, another rule, a table synced', async () => {
    const after: SchemaMeta = {
      version: '',
      tables: [{ ...notes, columns: [...notes.columns, column('secret', 'text')], serverOnly: [], read: rule.all() }],
    };
    const migration = await process([], [], { after });
    expect(migration).toMatchObject({
      kind: 'additive',
      ops: [
        { op: 'add-column', column: { name: 'secret' }, value: null },
        { op: 'reread', reason: 'column secret is shown from now on; who may read which rows has changed' },
      ],
    });
  });

  it.each<[string, string[], string[], Partial<MigrationError>]>([
    [
      'syntax',
      ['alter tabel notes'],
      [],
      { statement: 'alter tabel notes', reason: 'syntax error at or near "tabel"' },
    ],
    ['failed', ['alter table notes drop column nothing'], [], {}],
    ['reads-rows', ['select count(*) from notes'], [], {}],
    ['not-inverted', ['alter table notes add column x int'], [], {}],
    ['not-inverted', [`create type t as enum ('a')`, 'create table others (t t)'], ['drop table others'], {}],
    [
      'not-immutable',
      ['alter table notes add column at timestamptz default now()'],
      ['alter table notes drop column at'],
      {},
    ],
    [
      'not-immutable',
      ['alter table notes add column at uuid default gen_random_uuid()'],
      ['alter table notes drop column at'],
      {},
    ],
    ['not-immutable', ['alter table notes add column n serial'], ['alter table notes drop column n'], {}],
    [
      'not-immutable',
      ['alter table notes alter column taken type timestamptz'],
      ['alter table notes alter column taken type timestamp'],
      {},
    ],
    [
      'not-null-without-default',
      ['alter table plain add column x int not null'],
      ['alter table plain drop column x'],
      {},
    ],
    [
      'replica-identity',
      ['alter table notes replica identity default'],
      ['alter table notes replica identity full'],
      {},
    ],
    [
      'key',
      ['alter table notes drop constraint notes_pkey', 'alter table notes add primary key (size, id)'],
      [
        'alter table notes drop constraint notes_pkey',
        'alter table notes add primary key (id)',
        'alter table notes alter column size drop not null',
      ],
      {},
    ],
    ['forbidden', ['commit'], [], {}],
  ])('refuses: %s', async (fault, up, down, more) => {
    const after = fault === 'key' ? before : undefined;
    expect(
      await faultOf(
        up,
        down,
        after
          ? {
              after: {
                ...after,
                tables: [
                  { ...notes, columns: notes.columns.map((c) => (c.name === 'size' ? { ...c, nullable: false } : c)) },
                ],
              },
            }
          : {},
      ),
    ).toMatchObject({ fault, ...more });
  });

  it('takes another word than its own for what it means only with a reason', async () => {
    const up = ['alter table notes rename column title to heading'];
    const down = ['alter table notes rename column heading to title'];
    expect(await faultOf(up, down, { notes: { declare: 'additive' } })).toMatchObject({ fault: 'lowered' });
    const lowered = { declare: 'additive', acknowledge: 'nobody reads it' } as const;
    expect(await process(up, down, { notes: lowered })).toMatchObject({ kind: 'additive', version: '1.3.0' });
    expect(await process([], [], { notes: { declare: 'breaking' } })).toMatchObject({ version: '2.0.0' });
  });
});
