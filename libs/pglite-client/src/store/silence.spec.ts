import { silentLogger, systemClock, systemRandom } from '@millrace/kernel';
import { liveQueries } from '../live/live-queries.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { EPOCH, item, patch, put, transaction, uuid } from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import type { ClientStore } from '../core/ports/client-store.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteStore } from './pglite-store.js';

describe('[A1] what the server sent is applied in silence', () => {
  let pg: LocalPostgres;
  let store: ClientStore;
  let seq = 10;
  let told = 0;
  const apply = (...changes: Parameters<typeof transaction>[1]) => store.apply([transaction((seq += 1), changes)]);
  const seen = async () => (await pg.query<{ name: string }>('select name from seen order by name')).rows;

  beforeAll(async () => {
    pg = await openPGlite();
    const options = { pg, schema: conformanceSchema, newClientId: systemRandom.uuid(), clock: systemClock };
    store = pgliteStore({ ...options, logger: silentLogger });
    await store.open();
    await store.registered(EPOCH);
    await store.hydrate(emptyHydration(10));
    await liveQueries(pg, { clock: systemClock, logger: silentLogger }).subscribe(
      'select * from items',
      [],
      () => (told += 1),
    );
  }, 60_000);
  afterAll(() => store.close());

  it('nothing is recorded, and live queries are told', async () => {
    const before = told;
    await apply(put(item(1)), put(item(2)));
    await apply(patch(1, { name: 'theirs', version: '2' }));
    await pg.query('select 1');
    expect(await store.pending()).toEqual([]);
    expect(told).toBeGreaterThan(before);
  });

  it.each([1, 300])('a trigger of the app does not see it (%i rows), but local writes', async (rows) => {
    await pg.exec(`create table seen (name text);
      create function see() returns trigger language plpgsql as $$ begin insert into seen values (new.name); return null; end $$;
      create trigger mine after insert or update on items for each row execute function see();`);
    await apply(...Array.from({ length: rows }, (_, n) => put(item(100 + n))));
    expect(await seen()).toEqual([]);
    await pg.query(`update items set name = 'mine' where id = $1`, [uuid(100)]);
    expect(await seen()).toEqual([{ name: 'mine' }]);
    await pg.exec('drop table seen; drop function see cascade');
  });
});
