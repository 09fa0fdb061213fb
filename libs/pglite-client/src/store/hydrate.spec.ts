import { silentLogger, systemClock, systemRandom } from '@millrace/kernel';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { EPOCH, item, wholeHydration } from '../testing/conformance/client-store-world.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import { pgliteRows } from '../testing/pglite-rows.js';
import { openPGlite } from './open-pglite.js';
import { pgliteStore } from './pglite-store.js';

it('[S3] what the page asks while rows are loaded is answered between two chunks, although nothing here waits for a machine', async () => {
  const pg = await openPGlite();
  const logger = silentLogger;
  const store = pgliteStore({
    pg,
    schema: conformanceSchema,
    newClientId: systemRandom.uuid(),
    logger,
    clock: systemClock,
  });
  await store.open();
  await store.registered(EPOCH);
  await store.hydrate(emptyHydration(10));
  const whole = await wholeHydration(pgliteRows(pg), { items: [item(1), item(2)] }, { seq: 20 });
  const done: string[] = [];
  const asked = systemClock.sleep(0).then(async () => {
    const { rows } = await pg.query('select count(*)::int as n from items');
    done.push(`read ${JSON.stringify(rows)}`);
  });
  await store.hydrate(whole).then(() => done.push('hydrated'));
  await asked;
  expect(done).toEqual(['read [{"n":0}]', 'hydrated']);
  await store.close();
});
