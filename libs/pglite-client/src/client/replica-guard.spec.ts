import { createClient } from './create-client.js';
import type { MillraceClient } from './millrace-client.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { uuid } from '../testing/conformance/client-store-world.js';
import { scriptedTransport } from '../testing/scripted-transport.js';

const REFUSED = { code: 'unsupported-sql' };

describe('[A3] what would break the replica is refused by name', () => {
  let client: MillraceClient;

  beforeAll(async () => {
    client = await createClient(
      {
        url: 'http://test',
        getToken: () => Promise.resolve('token'),
        schema: conformanceSchema,
        storage: 'memory',
        connect: false,
      },
      { transport: scriptedTransport() },
    );
  });
  beforeEach(() => client.db.query('insert into items (id, name) values ($1, $2)', [uuid(1), 'one']));
  afterEach(() => client.db.query('delete from items'));
  afterAll(() => client.close());

  /** The next local write is recorded as ever. */
  async function expectRecording(): Promise<void> {
    const before = client.status.get().pending;
    await client.db.query('update items set name = name || $1', ['!']);
    expect(client.status.get().pending).toBe(before + 1);
  }

  it.each([
    'set session_replication_role = replica',
    `select set_config('session_replication_role', 'replica', false)`,
    `do $$ begin perform set_config('session_replication_role', 'replica', false); end $$`,
    `do $$ begin set session_replication_role = replica; update public.items set name = 'unseen'; set session_replication_role = origin; end $$`,
    'set millrace.apply = on',
    `select set_config('millrace.apply', 'on', false)`,
    `do $$ begin perform set_config('millrace.' || 'apply', 'on', false); end $$`,
    'set search_path = sync, public',
    'set default_transaction_read_only = on',
    `set datestyle = 'SQL, DMY'`,
    'reset all',
    `set timezone = 'Europe/Berlin'`,
    'set event_triggers = off',
    'set role pg_read_all_data',
    'unlisten *',
    'discard all',
  ])('%s', async (sql) => {
    await expect(client.db.query(sql)).rejects.toMatchObject(REFUSED);
    await expectRecording();
    expect((await client.db.query(`select name from items where name = 'unseen'`)).rows).toEqual([]);
    expect((await client.db.query(`select date '2026-02-03' as day`)).rows).toEqual([{ day: '2026-02-03' }]);
  });

  it.each([
    ['drop table items', /items/],
    ['drop table items, pairs cascade', /items/],
    ['alter table items add column mine text', /items/],
    ['alter table items disable trigger all', /items/],
    ['alter table items rename to things', /items/],
    ['drop trigger millrace_after on items', /items/],
    ['create unique index mine on items (name)', /items/],
    ['create rule mine as on delete to items do instead nothing', /items/],
    ['create table mine (id uuid references items)', /items/],
    ['create table mine () inherits (items)', /items/],
    ['create temp table items (id int)', /items/],
    ['drop schema public cascade', /items/],
    ['alter schema public rename to other', /items/],
    ['alter schema sync rename to other', /other is kept/],
    ['drop event trigger millrace_ddl', /event trigger/i],
    ['truncate items', /DELETE/],
    ['drop schema sync cascade', /sync/],
    ['drop table sync.client_changes', /sync/],
    ['alter table sync.client_changes add column mine int', /sync/],
    ['create or replace function sync.current_mutation() returns uuid language sql as $$ select null::uuid $$', /sync/],
    ['delete from sync.client_mutation', /sync/],
    ['update sync.state set last_mutation = 100', /sync/],
    [`insert into sync.table_state values ('items', 1)`, /sync/],
    ['truncate sync.client_changes', /sync/],
    ['select sync.current_mutation()', /sync/],
  ])('%s', async (sql, named) => {
    const attempt = client.db.query(sql);
    await expect(attempt).rejects.toMatchObject(REFUSED);
    await expect(attempt).rejects.toThrow(named);
    await expectRecording();
  });

  it('also inside a transaction, of which nothing happens then', async () => {
    const before = client.status.get().pending;
    const attempt = client.db.transaction(async (tx) => {
      await tx.query(`update items set name = 'gone'`);
      await tx.query(`select set_config('TimeZone', 'Asia/Tokyo', false)`);
    });
    await expect(attempt).rejects.toMatchObject(REFUSED);
    await expect(attempt).rejects.toThrow(/TimeZone/);
    expect(client.status.get().pending).toBe(before);
    await expectRecording();
  });

  it('a setting that a function of the app leaves behind stops the next write, and is put back', async () => {
    await client.db.query(
      `create function sly() returns text language plpgsql as $$ begin return set_config('datestyle', 'German', false); end $$`,
    );
    await client.db.query('select sly()');
    await expect(client.db.query(`update items set name = 'odd'`)).rejects.toMatchObject(REFUSED);
    await expectRecording();
    await client.db.query('drop function sly()');
  });

  it('a write that only says that it is of the server is recorded', async () => {
    const before = client.status.get().pending;
    await client.db.query(
      `do $$ begin
         perform set_config('millrace.' || 'apply', 'on', true);
         update public.items set name = 'theirs';
         perform set_config('millrace.' || 'apply', 'off', true);
       end $$`,
    );
    expect(client.status.get().pending).toBe(before + 1);
  });

  it("the app's own tables, views, indexes, triggers and settings stay possible", async () => {
    const { db } = client;
    await db.query('create table drafts (id int primary key, body text)');
    await db.query('alter table drafts add column at timestamptz');
    await db.query(`insert into drafts values (1, 'set session_replication_role = replica')`);
    await db.query('create view named as select id, name from items');
    await db.query('create index items_name on items (name)');
    await db.query(`comment on table items is 'of the server'`);
    await db.query(`set work_mem = '8MB'`);
    await db.query('analyze items');
    await db.query('vacuum items');
    expect((await db.query('show work_mem')).rows).toEqual([{ work_mem: '8MB' }]);
    expect((await db.query('select count(*)::int as n from named')).rows).toEqual([{ n: 1 }]);
    await db.query('truncate drafts');
    await db.query('drop index items_name');
    await db.query('drop view named');
    await db.query('drop table drafts');
    await expectRecording();
  });
});
