/// <reference types="jest" />
import type { Row } from '@millrace/kernel';
import type { ClientStore, Hydration, TableLoad } from '../../core/ports/client-store.js';
import {
  at,
  deletion,
  EPOCH,
  hydration,
  insert,
  item,
  patch,
  put,
  remove,
  transaction,
  update,
  uuid,
  verdict,
  wholeHydration,
  type ClientStoreHarness,
} from './client-store-world.js';

/** The store under test, new for each test. */
export interface HydrateSuite {
  harness(): ClientStoreHarness;
  store(): ClientStore;
}

const PAIR: Row = { left_id: '1', 'right "id"': 'a"b', note: null };

/** The rules of `hydrate` and `tableStates`. */
export function describeHydrate({ harness, store }: HydrateSuite): void {
  const items = () => harness().rows('items');
  const pairs = () => harness().rows('pairs');
  const hashOfItems = async () => (await store().tableStates(['items']))[0]?.hash;

  /** A live client with these items and a pair at seq 10. */
  async function live(...some: readonly Row[]): Promise<void> {
    await store().registered(EPOCH);
    await store().hydrate(await wholeHydration(harness(), { items: some, pairs: [PAIR] }, { seq: 10 }));
  }

  describe.each(['fresh', 'again'])('[S2] hydrate, %s', (state) => {
    beforeEach(() => (state === 'fresh' ? store().registered(EPOCH) : live(item(1), item(7))));
    const before = () => (state === 'fresh' ? [] : [item(1), item(7)]);
    const cursor = () => (state === 'fresh' ? null : at(10));

    it('shows rows, tail, cursor and scope together', async () => {
      const tail = [transaction(21, [patch(1, { amount: '7' })]), transaction(22, [put(item(2)), remove(3)])];
      const rows = { items: [item(1), item(3)], pairs: [PAIR] };
      const summary = await store().hydrate(
        await wholeHydration(harness(), rows, { seq: 25, tail, scope: 'other scope' }),
      );
      expect(summary).toMatchObject({ position: at(25), scope: 'other scope' });
      expect(await items()).toEqual([item(1, { amount: '7' }), item(2)]);
      expect(await pairs()).toEqual([PAIR]);
    });

    it('is not recorded, and local writes are recorded after it', async () => {
      await store().hydrate(await wholeHydration(harness(), { items: [item(1), item(2)] }, { seq: 20 }));
      expect(await store().pending()).toEqual([]);
      await harness().write(update(1, { name: 'mine' }), deletion(2), insert(3));
      expect((await store().pending())[0]?.changes).toHaveLength(3);
      expect(await items()).toEqual([
        item(1, { name: 'mine', version: '2' }),
        item(3, { name: 'mine 3', amount: '5' }),
      ]);
    });

    it('tells how many rows are loaded', async () => {
      const told: number[] = [];
      const rows = { items: [item(1), item(2), item(3)], pairs: [PAIR] };
      await store().hydrate(
        await wholeHydration(harness(), rows, { seq: 20, onProgress: (count) => void told.push(count) }),
      );
      expect(told.at(-1)).toBe(4);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    });

    const faults: Readonly<Record<string, (load: TableLoad) => TableLoad>> = {
      'a chunk that is not there': (load) => ({
        ...load,
        chunks: load.chunks.map((chunk) => ({ ...chunk, read: () => Promise.reject(new Error('no such file')) })),
      }),
      'a chunk that is cut': (load) => ({
        ...load,
        chunks: load.chunks.map((chunk) => ({
          ...chunk,
          read: async () => (await chunk.read()).slice(0, -12),
        })),
      }),
      'a chunk of something else': (load) => ({
        ...load,
        chunks: load.chunks.map((chunk) => ({
          ...chunk,
          read: () => Promise.resolve(new TextEncoder().encode('<html>nothing of the kind</html>')),
        })),
      }),
      'a chunk too few': (load) => ({ ...load, chunks: load.chunks.slice(1) }),
      'a chunk that comes twice': (load) => ({ ...load, chunks: [...load.chunks, ...load.chunks] }),
      'rows of another hash': (load) => ({ ...load, hash: { ...load.hash, hash: '1' } }),
      'another number of rows': (load) => ({ ...load, hash: { ...load.hash, count: '3' } }),
      'a column too few': (load) => ({ ...load, columns: load.columns.slice(1) }),
    };

    it.each(Object.keys(faults))('%s changes nothing', async (name) => {
      const whole = await wholeHydration(harness(), { items: [item(1), item(2)] }, { seq: 20 });
      const broken: Hydration = {
        ...whole,
        tables: whole.tables.map((load) => (load.name === 'items' ? faults[name]!(load) : load)),
      };
      const code = name.endsWith('not there') ? {} : { code: 'snapshot-corrupt' };
      await expect(store().hydrate(broken)).rejects.toMatchObject(code);
      expect(await items()).toEqual(before());
      expect((await store().summary()).position).toEqual(cursor());
      await store().hydrate(whole);
      expect(await items()).toEqual([item(1), item(2)]);
    });

    it('(I5) a tail that does not fit the rows changes nothing', async () => {
      const lost = { seq: 22, tail: [transaction(22, [put(item(3)), patch(9, { name: 'x' })])] };
      await expect(store().hydrate(await wholeHydration(harness(), { items: [item(1)] }, lost))).rejects.toMatchObject({
        code: 'cursor-unknown',
      });
      expect(await items()).toEqual(before());
      expect((await store().summary()).position).toEqual(cursor());
    });

    it('[A4] keeps the outbox and shows it over the new rows', async () => {
      await harness().write(insert(4));
      if (state === 'again') await harness().write(update(1, { name: 'mine' }), deletion(7));
      const kept = await store().pending();
      await store().hydrate(
        await wholeHydration(harness(), { items: [item(1, { amount: '9', version: '3' }), item(7)] }, { seq: 20 }),
      );
      expect(await items()).toEqual(
        state === 'again'
          ? [item(1, { name: 'mine', amount: '9', version: '4' }), item(4, { name: 'mine 4', amount: '5' })]
          : [item(1, { amount: '9', version: '3' }), item(4, { name: 'mine 4', amount: '5' }), item(7)],
      );
      expect(await store().pending()).toEqual(kept);
    });

    it('[W5] an ack in the tail settles its mutation', async () => {
      await harness().write(insert(4));
      const [mutation] = await store().pending();
      const tail = [transaction(22, [put(item(4, { name: 'mine 4', amount: '5', version: '2' }))], verdict(mutation!))];
      await store().hydrate(await wholeHydration(harness(), { items: [item(1)] }, { seq: 22, tail }));
      expect(await items()).toEqual([item(1), item(4, { name: 'mine 4', amount: '5', version: '2' })]);
      expect(await store().pending()).toEqual([]);
    });
  });

  describe('[S3] resync', () => {
    /** Runs `meanwhile` when the second chunk is asked for, that is while rows are being loaded. */
    function whileLoading(whole: Hydration, meanwhile: () => Promise<void>): Hydration {
      let asked = 0;
      const tables = whole.tables.map((load) => ({
        ...load,
        chunks: load.chunks.map((chunk) => ({
          ...chunk,
          read: async () => {
            asked += 1;
            if (asked === 2) await meanwhile();
            return chunk.read();
          },
        })),
      }));
      return { ...whole, tables };
    }

    it('(I6) old rows are read and written while new ones load; what was written meanwhile shows after it', async () => {
      await live(item(1), item(2));
      const whole = await wholeHydration(harness(), { items: [item(1, { amount: '9' }), item(3)] }, { seq: 20 });
      let read: readonly Row[] = [];
      const running = whileLoading(whole, async () => {
        await harness().write(update(1, { name: 'mine' }), insert(4));
        read = await items();
      });
      await store().hydrate(running);
      const mine = item(4, { name: 'mine 4', amount: '5' });
      expect(read).toEqual([item(1, { name: 'mine', version: '2' }), item(2), mine]);
      expect(await items()).toEqual([item(1, { name: 'mine', amount: '9', version: '2' }), item(3), mine]);
      expect((await store().pending()).map((mutation) => mutation.changes.length)).toEqual([2]);
    });

    it('a transaction that comes while rows load is applied after them', async () => {
      await live(item(1), item(2));
      const whole = await wholeHydration(harness(), { items: [item(1), item(3)] }, { seq: 20 });
      let applied: Promise<unknown> = Promise.resolve();
      const running = whileLoading(whole, async () => {
        applied = store().apply([transaction(21, [patch(3, { name: 'later' })])]);
        await Promise.resolve();
      });
      await store().hydrate(running);
      await applied;
      expect(await items()).toEqual([item(1), item(3, { name: 'later' })]);
      expect((await store().summary()).position).toEqual(at(21));
    });
  });

  describe('[S4] fill', () => {
    it('replaces the rows of its tables and keeps those of all others, whose tail it applies', async () => {
      await live(item(1), item(2));
      await harness().write({ operation: 'update', table: 'pairs', key: keyOf(PAIR), set: { note: 'mine' } });
      const other: Row = { left_id: '2', 'right "id"': 'c', note: 'new' };
      const tail = [transaction(15, [put(other, 'pairs')])];
      await store().hydrate(await hydration(harness(), { items: [item(5)] }, { seq: 20, tail }));
      expect(await items()).toEqual([item(5)]);
      expect(await pairs()).toEqual([{ ...PAIR, note: 'mine' }, other]);
      expect((await store().summary()).position).toEqual(at(20));
    });

    it('of no table at all applies its tail and moves cursor and scope', async () => {
      await live(item(1));
      const tail = [transaction(15, [patch(1, { name: 'b' })])];
      const summary = await store().hydrate(await hydration(harness(), {}, { seq: 20, tail, scope: 'wider' }));
      expect(summary).toMatchObject({ position: at(20), scope: 'wider' });
      expect(await items()).toEqual([item(1, { name: 'b' })]);
    });

    it('(I2) a refused write of a replaced row shows the new row', async () => {
      await live(item(1));
      await harness().write(update(1, { name: 'mine' }));
      const [mutation] = await store().pending();
      await store().hydrate(await hydration(harness(), { items: [item(1, { name: 'theirs' })] }, { seq: 20 }));
      await store().apply([transaction(21, [], verdict(mutation!, 'rejected'))]);
      expect(await items()).toEqual([item(1, { name: 'theirs' })]);
    });
  });

  describe('[S6] table states', () => {
    it('are of base rows: pending changes do not count, whatever they are', async () => {
      await live(item(1), item(2), item(3));
      const expected = await harness().hashRows('items', [item(1), item(2), item(3)]);
      expect(await hashOfItems()).toEqual(expected);
      await harness().write(update(1, { name: 'mine' }), deletion(2), insert(4), update(3, { id: uuid(9) }));
      expect(await hashOfItems()).toEqual(expected);
      await store().apply([transaction(11, [patch(1, { amount: '7' }), put(item(5))])]);
      const rows = [item(1, { amount: '7' }), item(2), item(3), item(5)];
      expect(await hashOfItems()).toEqual(await harness().hashRows('items', rows));
    });

    it('know since when a table is as it is', async () => {
      await live(item(1));
      const changedAt = async () =>
        (await store().tableStates(['items', 'pairs'])).map((state) => [state.name, Number(state.changedAt)]);
      expect(await changedAt()).toEqual([
        ['items', 10],
        ['pairs', 10],
      ]);
      await store().apply([
        transaction(12, [patch(1, { name: 'a' })]),
        transaction(14, [patch(1, { name: 'b' })]),
        transaction(15, []),
      ]);
      expect(await changedAt()).toEqual([
        ['items', 14],
        ['pairs', 10],
      ]);
      await store().hydrate(await hydration(harness(), { items: [item(1)] }, { seq: 20 }));
      expect(await changedAt()).toEqual([
        ['items', 20],
        ['pairs', 20],
      ]);
    });

    it('of a table that is empty or was never loaded', async () => {
      expect(await hashOfItems()).toEqual(await harness().hashRows('items', []));
    });

    it('of an unknown table are refused', async () => {
      await expect(store().tableStates(['nothing'])).rejects.toMatchObject({ code: 'schema-unknown' });
    });
  });
}

function keyOf({ left_id, 'right "id"': right }: Row): Row {
  return { left_id: left_id ?? null, 'right "id"': right ?? null };
}
