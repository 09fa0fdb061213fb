import type { HistoryTransaction } from '@millrace/change-history';
import { historyRowId, parseLsn } from '@millrace/kernel';
import type { CaptureWorld } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';

describeEachDecoder((decoder, open) =>
  describe.each(['stream', 'poll'] as const)('capture with the %s reader, on a real Postgres', (reader) => {
    let world: CaptureWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world[Symbol.asyncDispose]());

    test('a commit becomes history with every column filled, and is told of', async () => {
      const capture = world.capture({ reader });
      const told: HistoryTransaction[] = [];
      capture.onPersisted((transactions) => void told.push(...transactions));
      capture.start();
      await world.settle(capture);

      await world.sql.query("insert into items values (1, 'a', 'one', null, 's3cret'), (2, 'b', 'two', 'n', 's')");
      const head = await world.settle(capture);

      const rows = await world.history();
      expect(rows).toHaveLength(2);
      expect(rows[0]).toMatchObject({
        epoch: head.epoch,
        seq: '1',
        ordinal: '1',
        id: historyRowId(head.epoch, 1n),
        table_name: 'items',
        operation: 'insert',
        schema_version: '1.0.0',
        client_id: null,
        scope_old: null,
        scope_new: 'tenantId=a',
        old_data: null,
        chain: null,
      });
      expect(JSON.parse(rows[0]?.['data'] as string)).toEqual({ id: '1', tenant_id: 'a', name: 'one', note: null });
      expect(JSON.parse(rows[0]?.['metadata'] as string)).toMatchObject({
        key: '["1"]',
        decoder,
        reader,
        unchangedToast: [],
        mutationId: null,
      });
      expect(rows[0]?.['lsn']).toMatch(/^[0-9A-F]{8}\/[0-9A-F]{8}$/);
      expect(rows[1]).toMatchObject({ seq: '2', ordinal: '2', chain: head.chain, scope_new: 'tenantId=b' });

      expect(head).toEqual(capture.head());
      expect(told.map((transaction) => transaction.position)).toEqual([head]);
      expect(told[0]?.entries.map((entry) => entry.seq)).toEqual([1n, 2n]);
      expect(told[0]?.commitLsn).toBe(parseLsn(rows[0]?.['lsn'] as string));
      expect(world.store.state).toMatchObject(head);
      expect(capture.status().capture.state).toBe(reader === 'stream' ? 'streaming' : 'polling');
    });
  }),
);
