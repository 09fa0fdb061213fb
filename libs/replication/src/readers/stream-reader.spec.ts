import { lsnFrom, type ReplicationMessage } from '@millrace/kernel';
import { manualClock } from '@millrace/testing';
import { pgoutputPlugin } from '../pgoutput/plugin.js';
import { createPumpQueue } from '../pump-queue.js';
import { pgoutput } from '../testing/pgoutput-bytes.js';
import { schemaOf } from '../testing/schemas.js';
import { openStreamReader } from './stream-reader.js';

const lsn = (value: number) => lsnFrom(BigInt(value));
const data = (at: number, payload: Uint8Array): ReplicationMessage => ({
  kind: 'data',
  walStart: lsn(at),
  walEnd: lsn(at),
  payload,
});
const keepalive = (at: number, replyRequested = false): ReplicationMessage => ({
  kind: 'keepalive',
  walEnd: lsn(at),
  replyRequested,
});

/** A reader of a stream that says these messages and then ends, or stays open in silence. */
async function readerOf(messages: readonly ReplicationMessage[], then: 'ends' | 'is silent') {
  const abort = new AbortController();
  const clock = manualClock();
  const statuses: bigint[] = [];
  let close = (): void => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const queue = createPumpQueue({ maxBytes: 1_000_000, signal: abort.signal });
  const reader = await openStreamReader({
    openStream: async () => ({
      async *messages() {
        yield* messages;
        if (then === 'is silent') await closed;
      },
      sendStatus: (flushed) => void statuses.push(flushed),
      close: async () => close(),
    }),
    slot: 's',
    plugin: pgoutputPlugin({
      decoder: 'pgoutput',
      slot: 's',
      publication: 'p',
      inForce: { schema: schemaOf({ name: 'items', key: ['id'], columns: ['id:integer'] }) },
      tables: new Set(['items']),
      reportUnknown: () => undefined,
    }),
    queue,
    walSenderTimeoutMs: 3_000,
    clock,
    signal: abort.signal,
  });
  const ended = reader.run().catch((error: unknown) => error as Error);
  return { reader, queue, clock, statuses, ended, abort };
}

const ALL = { maxChanges: 100, maxBytes: 100_000 };

test('[C5] a keepalive within a transaction says nothing of what has been handed over; one between transactions does', async () => {
  const { queue, ended } = await readerOf(
    [
      keepalive(50),
      data(90, pgoutput.begin(100n, 1)),
      data(91, pgoutput.relation(1, ['public', 'items'], [{ name: 'id', key: true }])),
      data(92, pgoutput.insert(1, ['1'])),
      keepalive(120),
      data(100, pgoutput.commit(100n, 110n)),
      keepalive(130),
    ],
    'ends',
  );
  expect(await ended).toMatchObject({
    code: 'database-unavailable',
    message: expect.stringContaining('ended') as string,
  });
  const items = await queue.take(ALL);
  expect(items.map((item) => (item.kind === 'reached' ? item.lsn : item.transaction.endLsn))).toEqual([
    50n,
    110n,
    130n,
  ]);
});

test('[C8] a transaction that holds nothing of ours is a mark of its end', async () => {
  const { queue, ended } = await readerOf(
    [data(90, pgoutput.begin(100n, 1)), data(100, pgoutput.commit(100n, 110n))],
    'ends',
  );
  await ended;
  expect(await queue.take(ALL)).toEqual([{ kind: 'reached', lsn: 110n }]);
});

test('[C5] the status goes out by its own timer, at once when asked for, and never goes back', async () => {
  const { reader, queue, clock, statuses, abort, ended } = await readerOf([keepalive(50, true)], 'is silent');
  await queue.take(ALL);
  expect(statuses).toEqual([0n]);
  await reader.confirm(lsn(70));
  await reader.confirm(lsn(60));
  clock.advance(1_000);
  clock.advance(1_000);
  abort.abort(new Error('over'));
  await ended;
  clock.advance(10_000);
  expect(statuses).toEqual([0n, 70n, 70n, 70n, 70n]);
});

test('(F14) a stream on which nothing arrives any more is closed', async () => {
  const { clock, ended } = await readerOf([], 'is silent');
  for (let second = 0; second < 10; second++) clock.advance(1_000);
  expect(await ended).toMatchObject({
    code: 'database-unavailable',
    message: expect.stringContaining('silent') as string,
  });
});
