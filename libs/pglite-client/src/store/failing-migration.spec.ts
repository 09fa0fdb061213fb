import { systemClock, systemRandom } from '@millrace/kernel';
import type { SchemaMigration } from '@millrace/schema-compat';
import { recordingLogger } from '@millrace/testing';
import type { ClientStore } from '../core/ports/client-store.js';
import { addColor, renameAll } from '../testing/conformance-migrations.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { at, EPOCH, item, put, transaction, uuid } from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteConnection } from './pglite-connection.js';
import { pgliteStore } from './pglite-store.js';

describe('(F73) a migration that fails', () => {
  let pg: LocalPostgres;
  let store: ClientStore;

  const open = async () => {
    const opened = pgliteStore({
      pg,
      schema: conformanceSchema,
      newClientId: systemRandom.uuid(),
      logger: recordingLogger(),
      clock: systemClock,
    });
    await opened.open();
    return opened;
  };
  const take = (seq: number, migration: SchemaMigration) =>
    store.apply([
      { ...transaction(seq, [put({ ...item(5), color: 'blue' })]), steps: [{ migration, direction: 'up' }] },
    ]);
  const rows = async () =>
    (await pgliteConnection(pg).query('select * from items order by id')).rows.map((row) => ({ ...row }));

  beforeAll(async () => {
    pg = await openPGlite();
  });
  afterAll(() => pg.close());
  beforeEach(async () => {
    await pg.exec('drop schema if exists sync cascade; drop schema public cascade; create schema public');
    store = await open();
    await store.registered(EPOCH);
    await store.hydrate(emptyHydration(10));
    await store.apply([transaction(11, [put(item(1)), put(item(2))])]);
    await pg.query('update items set name = $1 where id = $2', ['mine', uuid(1)]);
  });

  it.each<[string, Partial<SchemaMigration>, RegExp]>([
    [
      'half way, by a statement',
      { clientUp: [...addColor.clientUp, 'alter table nothing add column x int'] },
      /AddColor\S+ was not taken: statement 3 of 3: .*nothing/,
    ],
    [
      'with another result than it promises',
      { clientUp: ['alter table items add column color varchar(3)', addColor.clientUp[1] ?? ''] },
      /not those of schema 1\.1\.0: items\.color is character varying\(3\), it should be text/,
    ],
    [
      'leaving out what it promises',
      { clientUp: [addColor.clientUp[0] ?? ''] },
      /tags\.id is missing; tags\.label is missing/,
    ],
  ])('%s: leaves the database as it was, and says why and how often', async (_what, wrong, reason) => {
    const before = await rows();
    const migration = { ...addColor, ...wrong };
    await expect(take(12, migration)).rejects.toThrow(reason);
    await expect(take(12, migration)).rejects.toMatchObject({ code: 'migration-failed', retry: 'backoff' });
    expect(await rows()).toEqual(before);
    expect(store.schema()).toEqual(conformanceSchema);
    expect(await store.summary()).toMatchObject({ position: at(11), schemaVersion: '1.0.0', pending: 1, rejected: 0 });
    expect(await store.migrations()).toMatchObject([
      {
        migration: { name: addColor.name },
        applied: false,
        appliedAt: null,
        error: expect.stringMatching(reason),
        retryCount: 2,
      },
    ]);
    await pg.query('update items set name = $1 where id = $2', ['still recorded', uuid(2)]);
    expect(await store.summary()).toMatchObject({ pending: 2 });
    store = await open();
    expect(await store.summary()).toMatchObject({ position: at(11), schemaVersion: '1.0.0', pending: 2 });
    await take(12, addColor);
    expect(await store.migrations()).toMatchObject([
      { applied: true, appliedAt: expect.any(String), error: null, retryCount: 0 },
    ]);
    expect((await rows()).map(({ name, color }) => [name, color])).toEqual([
      ['mine', 'red'],
      ['still recorded', 'red'],
      ['item 5', 'blue'],
    ]);
  });

  it("is one of the app's own doing, if a view stands in its way: it says so, and goes on once that is gone", async () => {
    await pg.exec('create view app_items as select name from items');
    const broken = { ...renameAll, clientUp: ['alter table items drop column name'] };
    await expect(take(12, broken)).rejects.toThrow(/other objects depend on it/);
    await pg.exec('drop view app_items');
    await expect(take(12, broken)).rejects.toThrow(/items\.title is missing/);
  });

  it('[A3] after a step, the guard knows the tables of the new schema, and lets go of those of the old one', async () => {
    await store.apply([{ ...transaction(12, []), steps: [{ migration: renameAll, direction: 'up' }] }]);
    const asApp = (sql: string) =>
      pg.transaction(async (tx) => void (await tx.exec(`set local millrace.app = on; ${sql}`)));
    await expect(asApp('alter table couples add column x int')).rejects.toThrow(/kept in step/);
    await expect(asApp('update sync.client_migration set error = null')).rejects.toThrow(/kept by the client/);
    await asApp('create table pairs (mine int); alter table pairs add column x int');
  });
});
