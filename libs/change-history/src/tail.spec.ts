import type { Lsn, Position } from '@millrace/kernel';
import type { HistoryTransaction } from './history-transaction.js';
import { createTail, type Tail } from './tail.js';

const at = (seq: number, epoch = 'e'): Position => ({ epoch, seq: BigInt(seq), chain: `c${seq}` });
const transaction = (seq: number, ...scopes: readonly string[]): HistoryTransaction => ({
  position: at(seq),
  firstSeq: BigInt(seq - scopes.length + 1),
  commitLsn: BigInt(seq) as Lsn,
  commitTime: '',
  schemaVersion: '1.0.0',
  mutation: { clientId: 'me', mutationId: 1, txId: 't', verdict: 'accepted', reason: null },
  entries: scopes.map((scopeNew, index) => ({
    seq: BigInt(seq - scopes.length + 1 + index),
    table: 'items',
    operation: 'insert',
    data: { id: '1' },
    oldData: null,
    scopeOld: null,
    scopeNew,
    unchangedToast: [],
  })),
});

/** The page that a reader gets while history ends where the tail does. */
const pageOf = (tail: Tail, after: Position, head: number, ...rowKeys: readonly string[]) =>
  tail.page(after, { head: at(head), rowKeys });

test('a page is what touches the row keys after a cursor; a cursor that it does not hold has to be read from history', () => {
  const tail = createTail({ maxChars: 100_000 });
  expect(pageOf(tail, at(0), 0, 'a')).toBeNull();
  tail.append(at(0), [transaction(2, 'a', 'b'), transaction(3, 'b')]);
  tail.append(at(3), [transaction(4, 'a')]);
  const page = pageOf(tail, at(0), 4, 'a', 'client=me');
  expect(page).toMatchObject({ from: at(0), to: at(4) });
  expect(
    page?.transactions.map(({ position, entries, mutation }) => [position.seq, entries.length, mutation?.clientId]),
  ).toEqual([
    [2n, 1, undefined],
    [4n, 1, 'me'],
  ]);
  expect(pageOf(tail, at(2), 4, 'b')?.transactions).toHaveLength(1);
  expect(pageOf(tail, at(4), 4, 'b')).toEqual({ from: at(4), to: at(4), transactions: [] });
  expect(pageOf(tail, at(1), 4, 'a')).toBeNull();
  expect(pageOf(tail, { ...at(2), chain: 'other' }, 4, 'a')).toBeNull();
});

test('(I11) it forgets the oldest beyond its size, and begins anew after a gap or in a new epoch', () => {
  const tail = createTail({ maxChars: 2_000 });
  for (let seq = 1; seq <= 20; seq++) tail.append(at(seq - 1), [transaction(seq, 'a')]);
  expect(tail.size.chars).toBeLessThanOrEqual(2_000);
  expect(pageOf(tail, at(0), 20, 'a')).toBeNull();
  expect(pageOf(tail, at(18), 20, 'a')?.transactions).toHaveLength(2);
  tail.append(at(30), [transaction(31, 'a')]);
  expect(pageOf(tail, at(19), 31, 'a')).toBeNull();
  expect(pageOf(tail, at(30), 31, 'a')?.transactions).toHaveLength(1);
  expect(tail.size.transactions).toBe(1);
});

test('(E2) a cursor of an epoch that has ended has to be read from history, also one at the very end of the tail', () => {
  const ended = createTail({ maxChars: 100_000 });
  ended.append(at(0), [transaction(1, 'a')]);
  expect(ended.page(at(1), { head: at(1, 'next'), rowKeys: ['a'] })).toBeNull();

  ended.begin(at(1, 'next'));
  expect(ended.size).toEqual({ transactions: 0, chars: 0 });
  expect(ended.page(at(1), { head: at(1, 'next'), rowKeys: ['a'] })).toBeNull();
  expect(ended.page(at(1, 'next'), { head: at(1, 'next'), rowKeys: ['a'] })).toMatchObject({ transactions: [] });
});

test('[H5] a tail that ends before history does serves nothing: its page would pass for all there is', () => {
  const tail = createTail({ maxChars: 100_000 });
  tail.append(at(0), [transaction(1, 'a')]);
  expect(pageOf(tail, at(0), 2, 'a')).toBeNull();
  expect(pageOf(tail, at(0), 1, 'a')?.transactions).toHaveLength(1);
});
