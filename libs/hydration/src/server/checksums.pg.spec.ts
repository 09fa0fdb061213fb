import { positionToJson, type Position } from '@millrace/kernel';
import { CacheWorld, ORDER, schema } from '../fixtures/cache-world.js';
import { hashTable } from '../table-hash.js';
import { Checksums, type ChecksumsOptions, type TakenChecksums } from './checksums.js';

let world: CacheWorld;
beforeAll(async () => {
  world = await CacheWorld.create();
});
afterAll(() => world[Symbol.asyncDispose]());

function checksums(more: Partial<ChecksumsOptions> = {}) {
  let readings = 0;
  const { use, ...options } = world.options();
  const counted: typeof use = (work) => {
    readings += 1;
    return use(work);
  };
  let kept: TakenChecksums | null = null;
  const store: ChecksumsOptions['store'] = {
    load: () => kept,
    save: (taken) => {
      kept = taken;
    },
  };
  const make = () => new Checksums({ ...options, schema, use: counted, store, builds: () => [], ...more });
  return { of: make(), restarted: make, readings: () => readings };
}

describe('[S6] checksums', () => {
  it('count and hash every table in scope at S, and say by when capture has passed it', async () => {
    const from = await world.head();
    const waitForCapture = (): Promise<Position> => world.changes('alpha', 'a');
    const checkpoint = await checksums({ waitForCapture }).of.get(ORDER.claims, 0);
    expect(checkpoint.from).toEqual(positionToJson(from));
    expect(checkpoint.to).toEqual(positionToJson(await world.head()));
    expect(checkpoint.tables.map(({ name }) => name)).toEqual(schema.tables.map(({ name }) => name));
    for (const [index, table] of schema.tables.entries()) {
      expect(checkpoint.tables[index]?.hash).toEqual(await hashTable(world.admin, table, `tenant_id = 'a'`));
    }
  });

  it('are taken once for all who ask at once, and again when the last ones are too old', async () => {
    const { of, readings, restarted } = checksums();
    const all = await Promise.all(Array.from({ length: 10 }, () => of.get(ORDER.claims, 0)));
    expect(new Set(all).size).toBe(1);
    expect(readings()).toBe(1);
    await of.get(ORDER.claims, 5_000);
    expect(readings()).toBe(1);
    world.ahead += 6_000;
    await of.get(ORDER.claims, 3_600_000);
    await restarted().get(ORDER.claims, 3_600_000);
    expect(readings()).toBe(1);
    await of.get(ORDER.claims, 5_000);
    expect(readings()).toBe(2);
  });

  it('a failure is not kept', async () => {
    let fails = true;
    const waitForCapture = async (): Promise<Position> => {
      const head = await world.head();
      return fails ? { ...head, epoch: '018f0000-0000-4000-8000-00000000000f' } : head;
    };
    const { of } = checksums({ waitForCapture });
    await expect(of.get(ORDER.claims, 5_000)).rejects.toMatchObject({ code: 'snapshot-failed' });
    fails = false;
    expect((await of.get(ORDER.claims, 5_000)).tables).toHaveLength(3);
  });
});
