import { systemClock } from '@millrace/kernel';
import { recordingLogger } from '@millrace/testing';
import { openPGlite, type LocalPostgres } from '../store/open-pglite.js';
import { liveQueries, type LiveQueries } from './live-queries.js';

describe('liveQueries', () => {
  let pg: LocalPostgres;
  let live: LiveQueries;
  beforeAll(async () => {
    pg = await openPGlite();
    live = liveQueries(pg, { clock: systemClock, logger: recordingLogger() });
    await pg.exec(
      `create table items (id int primary key, name text); create table other (id int); create view shown as select id, name from items`,
    );
  });
  beforeEach(() => pg.exec('truncate items; truncate other'));
  afterAll(() => pg.close());

  /** Follows a statement; `next` resolves with the rows of its next run. */
  async function follow(sql: string, params: readonly unknown[] = []) {
    const runs: unknown[][] = [];
    let heard: (() => void) | null = null;
    const end = await live.subscribe(sql, params, (rows) => {
      runs.push(rows);
      heard?.();
    });
    const next = () => new Promise<unknown[]>((resolve) => (heard = () => resolve(runs.at(-1) as unknown[])));
    return { runs, next, end };
  }

  it('gives the rows at once, and again after insert, update, delete and truncate', async () => {
    const query = await follow('select name from items order by id');
    expect(query.runs).toEqual([[]]);
    for (const [sql, rows] of [
      [`insert into items values (1, 'a')`, [{ name: 'a' }]],
      [`update items set name = 'b'`, [{ name: 'b' }]],
      [`delete from items`, []],
    ] as const) {
      const next = query.next();
      await pg.query(sql);
      expect(await next).toEqual(rows);
    }
    const filled = query.next();
    await pg.query(`insert into items values (1, 'a')`);
    await filled;
    const emptied = query.next();
    await pg.query('truncate items');
    expect(await emptied).toEqual([]);
    await query.end();
  });

  it.each([
    [
      `select 7 % $1::int as rest, 'a%b' as text from items where name like '%' || $2 || '%'`,
      [4, 'x'],
      [{ rest: 3, text: 'a%b' }],
    ],
    [`select '100%' as text from items`, [], [{ text: '100%' }]],
  ])('leaves a %% in the statement alone: %s', async (sql, params, rows) => {
    await pg.query(`insert into items values (1, 'axb')`);
    const query = await follow(sql, params);
    expect(query.runs).toEqual([rows]);
    await query.end();
  });

  it.each([
    'select * from shown',
    'with i as (select * from items) select count(*) from i',
    'select (select max(name) from items) as name',
  ])('sees through views and sub-queries: %s', async (sql) => {
    const query = await follow(sql);
    const next = query.next();
    await pg.query(`insert into items values (1, 'a')`);
    await next;
    await query.end();
  });

  it('runs once more for any number of changes that came while it ran', async () => {
    const query = await follow('select count(*)::int as n from items');
    const last = new Promise<void>((resolve) => {
      const listen = () =>
        void query.next().then((rows) => ((rows[0] as { n: number }).n === 50 ? resolve() : listen()));
      listen();
    });
    await Promise.all(Array.from({ length: 50 }, (_, id) => pg.query('insert into items values ($1, $2)', [id, 'x'])));
    await last;
    expect(query.runs.length).toBeLessThan(50);
    await query.end();
  });

  it('is not disturbed by tables that it does not read, nor after its end', async () => {
    const query = await follow('select * from items');
    await pg.query('insert into other values (1)');
    await query.end();
    await pg.query(`insert into items values (9, 'late')`);
    const after = await follow('select * from other');
    const next = after.next();
    await pg.query('insert into other values (2)');
    await next;
    expect(query.runs).toEqual([[]]);
    await after.end();
  });

  it('[M3] looks at tables anew after a migration; a statement that no longer fits is told, and comes back when it fits again', async () => {
    await pg.exec('create table notes (id int primary key, body text)');
    const told: unknown[] = [];
    let heard: (() => void) | null = null;
    const hear = (what: unknown) => {
      told.push(what);
      heard?.();
    };
    const next = () => new Promise<unknown>((resolve) => (heard = () => resolve(told.at(-1))));
    const end = await live.subscribe('select body from notes', [], hear, (error) => hear(String(error)));
    const broken = next();
    await pg.exec('alter table notes rename column body to text');
    live.schemaChanged();
    expect(await broken).toMatch(/column "body" does not exist/);
    const mended = next();
    await pg.exec(
      'alter table notes rename column text to body; create table later (id int primary key, body text); drop table notes; alter table later rename to notes',
    );
    live.schemaChanged();
    expect(await mended).toEqual([]);
    const written = next();
    await pg.query(`insert into notes values (1, 'a')`);
    expect(await written).toEqual([{ body: 'a' }]);
    await end();
    await pg.exec('drop table notes');
  });

  it('says what is wrong with a statement', async () => {
    await expect(live.subscribe('select nothing', [], () => undefined)).rejects.toThrow(/nothing/);
  });
});
