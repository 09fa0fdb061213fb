import type { TableMeta } from '@millrace/schema-meta';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { emptyTables } from './empty-tables.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { queryText, textParsers } from './pglite-text.js';
import { createTable } from './table-ddl.js';

describe('emptyTables', () => {
  let pg: LocalPostgres;
  const [pattern] = conformanceSchema.tables;
  const named = (name: string): TableMeta => ({ ...pattern!, name });
  const few = (name: string) => ({ table: named(name), load: { rows: 10 }, aside: false });
  const ID = '00000000-0000-4000-8000-000000000001';

  beforeAll(async () => {
    pg = await openPGlite();
  });
  afterAll(() => pg.close());
  beforeEach(() => pg.exec('drop schema public cascade; create schema public'));

  async function empty(tables: readonly Parameters<typeof emptyTables>[1][number][]) {
    let rooms = 0;
    const files = async () => {
      const { rows } = await pg.query<{ name: string; file: string }>(
        `select relname as name, pg_relation_filenode(oid)::text as file from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      );
      return new Map(rows.map(({ name, file }) => [name, file]));
    };
    const before = await files();
    const renewed = await pg.transaction((tx) =>
      emptyTables({ raw: tx, query: (sql, params) => queryText(tx, textParsers(pg), sql, params) }, tables, () => {
        rooms += 1;
        return Promise.resolve();
      }),
    );
    const after = await files();
    const moved = [...before].filter(([name, file]) => after.get(name) !== file).map(([name]) => name);
    return { renewed: [...renewed].map(({ table }) => table.name), moved: moved.sort(), rooms };
  }

  it('leaves a table alone that never had a row, if few come, and renews it if many do', async () => {
    await pg.exec(createTable(named('small')) + createTable(named('large')));
    const outcome = await empty([few('small'), { ...few('large'), load: { rows: 5_000 } }]);
    expect(outcome).toEqual({ renewed: ['large'], moved: ['large'], rooms: 0 });
  });

  it('empties one that had rows, however few come', async () => {
    await pg.exec(`${createTable(named('small'))} insert into small (id) values ('${ID}')`);
    expect(await empty([few('small')])).toMatchObject({ renewed: ['small'], moved: ['small'] });
    expect((await pg.query('select * from small')).rows).toEqual([]);
  });

  it('makes a shadow new, and leaves its table alone', async () => {
    await pg.exec(`${createTable(named('small'))} insert into small (id) values ('${ID}')`);
    const outcome = await empty([{ ...few('small'), aside: true }]);
    expect(outcome).toMatchObject({ renewed: ['small'], moved: [] });
    expect((await pg.query('select * from millrace_shadow.small')).rows).toEqual([]);
    expect((await pg.query('select id from small')).rows).toEqual([{ id: ID }]);
  });

  it('lets the file system make room between many tables (PGlite has about a hundred files ahead)', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `t${n}`);
    await pg.exec(names.map((name) => createTable(named(name))).join(''));
    const outcome = await empty(names.map((name) => ({ ...few(name), load: { rows: 5_000 } })));
    expect(outcome).toMatchObject({ renewed: names, rooms: 2 });
  });
});
