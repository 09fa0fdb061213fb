import { systemClock } from '@millrace/kernel';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { EPOCH, uuid } from '../testing/conformance/client-store-world.js';
import { openPGlite, type LocalPostgres } from '../store/open-pglite.js';
import { OUTBOX_CHANNEL } from '../store/sync-ddl.js';
import { pgliteStore } from '../store/pglite-store.js';
import { recordingLogger } from '@millrace/testing';
import { idleWatch } from './idle-watch.js';
import { localDatabase } from './local-database.js';
import type { LocalDatabase } from './millrace-client.js';
import { ownWrites } from './own-writes.js';

describe('who has written', () => {
  let pg: LocalPostgres;
  let db: LocalDatabase;
  const told: number[] = [];
  let announced = 0;
  let heard = 0;

  beforeAll(async () => {
    pg = await openPGlite();
    const options = { pg, schema: conformanceSchema, newClientId: uuid(900), clock: systemClock };
    const store = pgliteStore({ ...options, logger: recordingLogger() });
    await store.open();
    await store.registered(EPOCH);
    const own = ownWrites();
    const listener = own.except(() => (heard += 1));
    await pg.listen(OUTBOX_CHANNEL, () => (announced += 1));
    await pg.listen(OUTBOX_CHANNEL, listener);
    db = localDatabase({
      pg,
      schema: () => conformanceSchema,
      validate: null,
      watch: idleWatch(systemClock),
      own,
      onRecorded: ({ pending }) => told.push(pending),
    });
    await pg.exec(`create function write_item() returns void language sql as
      $$ insert into items (id, name) values (gen_random_uuid(), 'by a function') $$`);
  }, 60_000);
  afterAll(() => pg.close());

  it('is told once of a write through the client, and not by the announcement', async () => {
    await db.query(`insert into items (id, name) values ($1, 'a')`, [uuid(1)]);
    expect([announced, heard, told]).toEqual([1, 0, [1]]);
  });

  it('hears of a write that came another way, also right after one of its own', async () => {
    await Promise.all([
      db.query(`insert into items (id, name) values ($1, 'b')`, [uuid(2)]),
      db.query('select write_item()'),
    ]);
    expect([announced, heard, told]).toEqual([3, 1, [1, 2]]);
  });

  it('stays open after a transaction that recorded nothing or failed', async () => {
    await db.transaction((tx) => tx.query('select 1'));
    await expect(db.query(`insert into items (id) values ($1)`, [uuid(1)])).rejects.toThrow();
    await db.query('select write_item()');
    expect([announced, heard, told]).toEqual([4, 2, [1, 2]]);
  });
});
