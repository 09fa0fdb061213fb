import { silentLogger, systemClock, systemRandom } from '@millrace/kernel';
import type { SchemaMigration } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { Validate } from '../client/check-recorded.js';
import { idleWatch } from '../client/idle-watch.js';
import { localDatabase } from '../client/local-database.js';
import { ownWrites } from '../client/own-writes.js';
import { addColor, dropAll, renameAll } from '../testing/conformance-migrations.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { EPOCH, item, put, transaction, uuid } from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import type { ClientStore } from '../core/ports/client-store.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteStore } from './pglite-store.js';

describe('what is made for the schema follows it', () => {
  let pg: LocalPostgres;
  let store: ClientStore;
  const asked: unknown[] = [];

  const open = async (schema: SchemaMeta = conformanceSchema) => {
    const newClientId = systemRandom.uuid();
    store = pgliteStore({ pg, schema, newClientId, logger: silentLogger, clock: systemClock });
    await store.open();
  };
  const take = (seq: number, migration: SchemaMigration) =>
    store.apply([{ ...transaction(seq, []), steps: [{ migration, direction: 'up' }] }]);
  const write = (sql: string, params: readonly unknown[] = []) => {
    const validate: Validate = (table, row, columns) => {
      asked.push([table, row, columns]);
      return [];
    };
    const watch = idleWatch(systemClock);
    const local = { pg, schema: store.schema, validate, watch, own: ownWrites(), onRecorded: () => undefined };
    return localDatabase(local).query(sql, params);
  };

  beforeAll(async () => {
    pg = await openPGlite();
  }, 60_000);
  afterAll(() => pg.close());
  beforeEach(async () => {
    asked.length = 0;
    await pg.exec('drop schema if exists sync cascade; drop schema public cascade; create schema public');
    await open();
    await store.registered(EPOCH);
    await store.hydrate(emptyHydration(10));
    await store.apply([transaction(11, [put(item(1))])]);
  });

  it('[W1] local writes are reported in the words of tables that a step has made or renamed', async () => {
    await write(`update items set name = 'before'`);
    await take(12, addColor);
    await write(`insert into tags (id, label) values ($1, 'new')`, [uuid(7)]);
    await write(`update items set color = 'green'`);
    expect(asked).toMatchObject([
      ['items', { name: 'before' }, ['name']],
      ['tags', { id: uuid(7), label: 'new' }, expect.arrayContaining(['id', 'label'])],
      ['items', { color: 'green' }, ['color']],
    ]);
    expect(await store.pending()).toHaveLength(3);
  });

  it('[W1] and in those of a schema that was adopted without steps', async () => {
    await store.adopt(renameAll.after);
    await write(`insert into couples (left_id, "right ""id""", note) values (1, 'r', 'n')`);
    expect(asked).toMatchObject([['couples', { left_id: '1', note: 'n' }, expect.arrayContaining(['note'])]]);
  });

  it('[A1] few rows of the server are silent behind a step, also to triggers of the app', async () => {
    await take(12, addColor);
    await pg.exec(`create table seen (label text);
      create function see() returns trigger language plpgsql as $$ begin insert into seen values (new.label); return null; end $$;
      create trigger mine after insert on tags for each row execute function see();`);
    await store.apply([transaction(13, [put({ id: uuid(7), label: 'theirs' }, 'tags')])]);
    expect(await store.pending()).toEqual([]);
    expect((await pg.query('select * from seen')).rows).toEqual([]);
    await write(`insert into tags (id, label) values ($1, 'mine')`, [uuid(8)]);
    expect((await pg.query('select * from seen')).rows).toEqual([{ label: 'mine' }]);
  });

  it('[M3] tables that are gone are not looked for any more', async () => {
    await take(12, dropAll);
    await store.apply([transaction(13, [put({ id: uuid(2), amount: '1', version: '1' })])]);
    await write('update items set amount = 2');
    expect(asked).toHaveLength(2);
  });

  it('at each start, capture is made as this release has it, for the schema that the database has come to', async () => {
    await take(12, addColor);
    await pg.exec(`create or replace function sync."capture_after:tags"() returns trigger language plpgsql as
        $$ begin raise exception 'of an earlier release'; end $$;
      drop function sync.row_of; drop function sync.report_write;`);
    await open();
    expect(store.schema().version).toBe('1.1.0');
    await write(`insert into tags (id, label) values ($1, 'new')`, [uuid(7)]);
    expect(asked).toMatchObject([['tags', { label: 'new' }, expect.anything()]]);
  });

  it('before the first migration there is no table', async () => {
    await store.adopt({ version: '0.0.0', tables: [] });
    await write('create table mine (x int)');
    await store.adopt(conformanceSchema);
    await write('insert into items (id) values ($1)', [uuid(3)]);
    expect(asked).toHaveLength(1);
  });
});
