import type { HistoryTransaction } from '@millrace/change-history';
import { positionEquals, type Position } from '@millrace/kernel';
import { describeEachDecoder } from './testing/each-decoder.js';

const ROWS = 30_000;
const largeInsert = `insert into items select n, 'tenant-' || n % 3, repeat('x', 100) from generate_series(1, ${ROWS}) n`;

describeEachDecoder((_decoder, open) => {
  test.each(['stream', 'poll'] as const)(
    '(I11) a transaction that is not held in memory is history whole and in its place, also through a failure right behind it (%s)',
    async (reader) => {
      await using world = await open();
      const stretches: { transactions: readonly HistoryTransaction[]; from: Position; to: Position }[] = [];
      let failures = 0;
      const capture = world.capture({
        reader,
        store: {
          ...world.store,
          save: async (state) => {
            if (state.seq > 1n && failures++ === 0) throw new Error('the disk of the object failed');
            await world.store.save(state);
          },
        },
      });
      capture.onPersisted((transactions, from, to) => void stretches.push({ transactions, from, to }));
      capture.start();
      await world.settle(capture);
      await world.sql.query("insert into items values (-1, 'a')");
      await world.settle(capture);
      await world.sql.query(largeInsert);
      await world.sql.query("insert into items values (-2, 'a')");
      const head = await world.settle(capture);

      expect(failures).toBeGreaterThan(1);
      expect(head.seq).toBe(BigInt(ROWS + 2));
      for (const [index, stretch] of stretches.entries())
        expect(positionEquals(stretch.from, stretches[index - 1]?.to ?? stretch.from)).toBe(true);
      const told = stretches.flatMap(({ transactions }) => transactions);
      expect(told.map(({ position }) => position.seq)).toEqual([1n, BigInt(ROWS + 1), BigInt(ROWS + 2)]);
      expect(told.map(({ unloaded, entries }) => (unloaded ? 'unloaded' : entries.length))).toEqual([1, 'unloaded', 1]);

      const { rows } = await world.sql.query(
        `select count(*) as n, count(distinct transaction_id) as transactions, count(chain) as ends, min(seq) as first, max(seq) as last
         from sync.change_history where seq between 2 and ${ROWS + 1}`,
      );
      expect(rows[0]).toEqual({
        n: String(ROWS),
        transactions: '1',
        ends: '1',
        first: '2',
        last: String(ROWS + 1),
      });
      expect(capture.status().counters).toMatchObject({ changes: ROWS + 2, quarantined: 0 });
    },
  );

  test('[C9] one that cannot be stored goes to quarantine whole, and its mark takes its place', async () => {
    await using world = await open();
    await world.sql.query(
      `alter table sync.change_history add constraint poison check (data ->> 'id' is distinct from '5999')`,
    );
    const capture = world.capture();
    capture.start();
    await world.settle(capture);
    await world.sql.query("insert into items select n, 'a', repeat('x', 900) from generate_series(1, 6000) n");
    while (capture.status().counters.quarantined === 0) {
      capture.tick();
      await world.sql.query('select pg_sleep(0.02)');
    }
    await world.sql.query("insert into items values (-2, 'a')");
    await world.settle(capture);
    const history = (await world.history()).map(({ operation, seq }) => `${seq} ${operation}`);
    expect(history).toEqual(['1 fill', '2 insert']);
    const { rows } = await world.sql.query('select tables::text as tables from sync.quarantine');
    expect(rows).toEqual([{ tables: '{items}' }]);
  });
});
