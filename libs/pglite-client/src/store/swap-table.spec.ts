import { silentLogger, systemClock, systemRandom } from '@millrace/kernel';
import { recordingLogger } from '@millrace/testing';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ClientStore } from '../core/ports/client-store.js';
import { liveQueries } from '../live/live-queries.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { at, EPOCH, hydration, item, uuid, wholeHydration } from '../testing/conformance/client-store-world.js';
import { pgliteRows } from '../testing/pglite-rows.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteStore } from './pglite-store.js';

describe('[S3] what hangs on a table outlives a swap', () => {
  let pg: LocalPostgres;
  let store: ClientStore;
  const open = async (schema: SchemaMeta = conformanceSchema) => {
    const opened = pgliteStore({
      pg,
      schema,
      newClientId: systemRandom.uuid(),
      logger: silentLogger,
      clock: systemClock,
    });
    await opened.open();
    return opened;
  };
  const fill = async (seq: number, ...names: string[]) =>
    store.hydrate(await hydration(pgliteRows(pg), { items: names.map((name, n) => item(n + 1, { name })) }, { seq }));
  const names = async (from = 'items') =>
    (await pg.query<{ name: string }>(`select name from ${from} order by id`)).rows.map((row) => row.name);
  const oid = async () => (await pg.query<{ oid: number }>(`select 'items'::regclass::oid as oid`)).rows[0]?.oid;
  const capture = async () => {
    await pg.query('update items set name = $1 where id = $2', ['mine', uuid(1)]);
    return (await store.pending()).length;
  };

  beforeAll(async () => {
    pg = await openPGlite();
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    await pg.exec('drop schema if exists sync cascade; drop table if exists items, pairs cascade');
    store = await open();
    await store.registered(EPOCH);
    await store.hydrate(await wholeHydration(pgliteRows(pg), { items: [item(1, { name: 'old' })] }, { seq: 10 }));
  });

  it('the shadow becomes the table, with its key, capture and defaults', async () => {
    const before = await oid();
    await fill(20, 'a', 'b');
    expect(await oid()).not.toBe(before);
    expect(await names()).toEqual(['a', 'b']);
    expect(await capture()).toBe(1);
    await expect(pg.exec('truncate items')).rejects.toThrow('TRUNCATE cannot be recorded');
    await expect(pg.query(`insert into items (id) values ($1)`, [uuid(1)])).rejects.toThrow('"items_pkey"');
    const { rows } = await pg.query(`insert into items (id) values ($1) returning amount::text, version`, [uuid(8)]);
    expect(rows).toEqual([{ amount: '0', version: 1 }]);
    expect((await pg.query(`select from pg_namespace where nspname = 'millrace_shadow'`)).rows).toEqual([]);
  });

  it('a view of the app, over which writes are recorded still', async () => {
    await pg.exec('create view shown as select id, name from items; create view twice as select * from shown');
    const before = await oid();
    await fill(20, 'a', 'b');
    expect(await oid()).toBe(before);
    expect(await names('twice')).toEqual(['a', 'b']);
    expect(await capture()).toBe(1);
    expect(await names('shown')).toEqual(['mine', 'b']);
  });

  it('a function over its row type, a column of its type, statistics, a check and an added column', async () => {
    await pg.exec(`
      alter table items add column seen boolean default false, add check (name is not null);
      create function label(i items) returns text language sql as $$ select i.name || '!' $$;
      create table kept (id int, item items);
      create statistics items_stat on id, name from items`);
    await fill(20, 'a');
    expect((await pg.query('select label(i) as label, seen from items i')).rows).toEqual([
      { label: 'a!', seen: false },
    ]);
    expect((await pg.query(`select stxname from pg_statistic_ext`)).rows).toEqual([{ stxname: 'items_stat' }]);
    await pg.exec('drop table kept; drop function label');
  });

  it.each([
    [
      'a default',
      `alter table items alter name set default 'n'`,
      'select column_default as kept from information_schema.columns',
      `'n'::text`,
    ],
    ['a comment', `comment on column items.name is 'c'`, `select col_description('items'::regclass, 2) as kept`, 'c'],
    [
      'a trigger that is off',
      'alter table items disable trigger millrace_after',
      'select tgenabled as kept from pg_trigger',
      'D',
    ],
  ])('%s of the app', async (_name, change, query, kept) => {
    await pg.exec(change);
    await fill(20, 'a', 'b');
    expect(await names()).toEqual(['a', 'b']);
    expect((await pg.query(query)).rows).toContainEqual({ kept });
  });

  it("the app's indexes and triggers", async () => {
    await pg.exec(`
      create index items_by_name on items (name) where name <> '';
      create unique index "odd ""name" on items (lower(name), id desc);
      create function shout() returns trigger language plpgsql as $$ begin new.name := upper(new.name); return new; end $$;
      create trigger aa_shout before insert on items for each row execute function shout()`);
    const definitions = async () =>
      (await pg.query(`select indexdef from pg_indexes where tablename = 'items' order by 1`)).rows;
    const before = await definitions();
    await fill(20, 'a', 'b');
    expect(await names()).toEqual(['a', 'b']);
    expect(await definitions()).toEqual(before);
    await pg.query('insert into items (id, name) values ($1, $2)', [uuid(9), 'c']);
    expect(await names()).toEqual(['a', 'b', 'C']);
    await pg.exec('drop function shout cascade');
  });

  it('live queries: told once, and of every change after it', async () => {
    const live = liveQueries(pg, { clock: systemClock, logger: recordingLogger() });
    const runs: string[][] = [];
    let heard: () => void = () => undefined;
    const end = await live.subscribe<{ name: string }>('select name from items order by id', [], (rows) => {
      runs.push(rows.map((row) => row.name));
      heard();
    });
    const next = () => new Promise<void>((resolve) => (heard = resolve));
    const swapped = next();
    await fill(20, 'a', 'b', 'c');
    await swapped;
    const changed = next();
    await capture();
    await changed;
    await fill(21, 'a');
    await next();
    expect(runs).toEqual([['old'], ['a', 'b', 'c'], ['mine', 'b', 'c'], ['mine']]);
    await end();
  });

  it('[S3] leftovers of an interrupted load are dropped at the next start, and are in nobody’s way before', async () => {
    await pg.exec('create schema millrace_shadow; create table millrace_shadow.items (id int)');
    await fill(20, 'a');
    expect(await names()).toEqual(['a']);
    await pg.exec('create schema millrace_shadow; create table millrace_shadow.items (id int)');
    store = await open();
    expect((await pg.query(`select from pg_namespace where nspname = 'millrace_shadow'`)).rows).toEqual([]);
  });

  it('tables of one name in two schemas', async () => {
    const [items, pairs] = conformanceSchema.tables;
    const schema = { version: '1.0.0', tables: [items!, pairs!, { ...items!, name: 'other.items' }] };
    await pg.exec('drop schema sync cascade; drop table items, pairs cascade');
    store = await open(schema);
    const both = async (seq: number, name: string) => {
      const { tables, ...rest } = await hydration(pgliteRows(pg), { items: [item(1, { name })] }, { seq });
      const other = await hydration(pgliteRows(pg), { items: [item(2, { name })] }, { seq });
      await store.hydrate({ ...rest, tables: [...tables, { ...other.tables[0]!, name: 'other.items' }] });
    };
    for (const [seq, name] of [
      [10, 'a'],
      [11, 'b'],
      [12, 'c'],
    ] as const) {
      await both(seq, name);
      expect(await names()).toEqual([name]);
      expect((await pg.query('select id, name from other.items')).rows).toEqual([{ id: uuid(2), name }]);
    }
    await expect(pg.query('insert into other.items (id) values ($1)', [uuid(2)])).rejects.toThrow('"items_pkey"');
    await pg.exec('drop schema other cascade');
  });

  it('(I12) rows whose scope nobody noted are read again; the outbox stays', async () => {
    await capture();
    await pg.exec('alter table sync.state drop column scope; drop table sync.table_state');
    store = await open();
    expect(await store.summary()).toMatchObject({ position: null, scope: null, pending: 1 });
    await fill(30, 'a');
    expect(await names()).toEqual(['mine']);
    expect(await store.summary()).toMatchObject({ position: at(30), scope: 'scope-1', pending: 1 });
  });
});
