import { lsnFrom } from '@millrace/kernel';
import { createPumpQueue, pumpItemOf } from './pump-queue.js';
import type { DecodedTransaction } from './decoder.js';

const BOUNDS = { maxChanges: 100, maxBytes: 1_000 };
const transaction = (lsn: number, bytes = 10): DecodedTransaction => ({
  xid: lsn,
  commitLsn: lsnFrom(BigInt(lsn)),
  endLsn: lsnFrom(BigInt(lsn)),
  commitTime: '',
  changes: [],
  bytes,
});
const item = (lsn: number, bytes?: number) => ({ kind: 'transaction', transaction: transaction(lsn, bytes) }) as const;
const reached = (lsn: number) => ({ kind: 'reached', lsn: lsnFrom(BigInt(lsn)) }) as const;

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve().then(() => Promise.resolve(pending))])) === pending;
}

const queueOf = (maxBytes = 100) => {
  const abort = new AbortController();
  return { queue: createPumpQueue({ maxBytes, signal: abort.signal }), abort };
};

test('[C5] a reached mark stays behind the transactions before it, and marks that follow each other are one', async () => {
  const { queue } = queueOf();
  for (const each of [item(1), reached(2), reached(3), item(4), reached(5)]) await queue.put(each);
  expect(await queue.take(BOUNDS)).toEqual([item(1), reached(3), item(4), reached(5)]);
});

test('marks that become one keep the furthest address, and that somebody waits for the slot', async () => {
  const { queue } = queueOf();
  for (const each of [reached(5), { ...reached(3), follow: true }]) await queue.put(each);
  expect(await queue.take(BOUNDS)).toEqual([{ ...reached(5), follow: true }]);
});

test('[C8] a transaction that holds nothing of ours is a mark; one that asks for a fill or tells of columns is none', () => {
  const empty = transaction(7);
  expect(pumpItemOf(empty)).toEqual(reached(7));
  const asking = { ...empty, fills: [{ cause: 'rewritten', tables: [] } as const] };
  const telling = { ...empty, signatures: new Map([['items', 'id 23']]) };
  for (const each of [asking, telling]) expect(pumpItemOf(each)).toEqual({ kind: 'transaction', transaction: each });
});

test('(I11) beyond its bytes a reader waits until the pump has taken', async () => {
  const { queue } = queueOf();
  await queue.put(item(1, 60));
  const second = queue.put(item(2, 60));
  expect(await isPending(second)).toBe(true);
  await queue.take({ maxChanges: 100, maxBytes: 60 });
  await second;
});

test('one item is taken however large it is; more only within the bounds', async () => {
  const { queue } = queueOf(100_000);
  for (const each of [item(1, 5_000), item(2, 400), item(3, 400), item(4, 400)]) await queue.put(each);
  expect(await queue.take(BOUNDS)).toHaveLength(1);
  expect(await queue.take(BOUNDS)).toHaveLength(2);
  expect(await queue.take(BOUNDS)).toHaveLength(1);
});

test('drained means taken and dealt with', async () => {
  const { queue } = queueOf();
  await queue.put(item(1));
  const drained = queue.drained();
  await queue.take(BOUNDS);
  expect(await isPending(drained)).toBe(true);
  queue.done();
  await drained;
});

test('an abort ends every wait with its reason', async () => {
  const { queue, abort } = queueOf();
  await queue.put(item(1));
  const waits = [queue.put(item(2, 200)), queue.drained()];
  await queue.take({ maxChanges: 100, maxBytes: 10 });
  abort.abort(new Error('over'));
  for (const wait of waits) await expect(wait).rejects.toThrow('over');
});
