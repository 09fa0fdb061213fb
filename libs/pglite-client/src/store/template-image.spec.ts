import { silentLogger, systemClock, systemRandom } from '@millrace/kernel';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { EPOCH, item, wholeHydration } from '../testing/conformance/client-store-world.js';
import { pgliteRows } from '../testing/pglite-rows.js';
import { openPGlite } from './open-pglite.js';
import { pgliteStore } from './pglite-store.js';
import { makeTemplateImage } from './template-image.js';

describe('makeTemplateImage', () => {
  let image: Blob;
  beforeAll(async () => {
    image = await makeTemplateImage();
  });

  it('opens as a new database with the settings of this one, and takes a hydration', async () => {
    const pg = await openPGlite({ loadDataDir: image });
    const { rows } = await pg.query(`select current_setting('wal_level') as wal, current_setting('timezone') as zone`);
    expect(rows).toEqual([{ wal: 'minimal', zone: 'UTC' }]);
    const store = pgliteStore({
      pg,
      schema: conformanceSchema,
      newClientId: systemRandom.uuid(),
      logger: silentLogger,
      clock: systemClock,
    });
    expect((await store.open()).summary.position).toBeNull();
    await store.registered(EPOCH);
    await store.hydrate(await wholeHydration(pgliteRows(pg), { items: [item(1)] }, { seq: 10 }));
    await store.hydrate(await wholeHydration(pgliteRows(pg), { items: [item(1), item(2)] }, { seq: 20 }));
    expect((await pg.query('select name from items order by id')).rows).toEqual([
      { name: 'item 1' },
      { name: 'item 2' },
    ]);
    await store.close();
  });

  it('has few files: a browser makes a handle for each', async () => {
    const names = [
      ...Buffer.from(await image.arrayBuffer())
        .toString('latin1')
        .matchAll(/\/(base|global)\/\S*/g),
    ];
    expect(names.length).toBeGreaterThan(200);
    expect(names.length).toBeLessThan(360);
    expect(names.filter(([name]) => /_(fsm|vm)/.test(name))).toEqual([]);
  });
});
