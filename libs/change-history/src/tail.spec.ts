import type { Lsn, Position } from '@millrace/kernel';
import type { HistoryTransaction } from './history-transaction.js';
import { createTail } from './tail.js';

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

test('a page is what touches the row keys after a cursor; a cursor that it does not hold has to be read from history', () => {
  const tail = createTail({ maxChars: 100_000 });
  expect(tail.page(at(0), ['a'])).toBeNull();
  tail.append(at(0), [transaction(2, 'a', 'b'), transaction(3, 'b')]);
  tail.append(at(3), [transaction(4, 'a')]);
  const page = tail.page(at(0), ['a', 'client=me']);
  expect(page).toMatchObject({ from: at(0), to: at(4) });
  expect(
    page?.transactions.map(({ position, entries, mutation }) => [position.seq, entries.length, mutation?.clientId]),
  ).toEqual([
    [2n, 1, undefined],
    [4n, 1, 'me'],
  ]);
  expect(tail.page(at(2), ['b'])?.transactions).toHaveLength(1);
  expect(tail.page(at(4), ['b'])).toEqual({ from: at(4), to: at(4), transactions: [] });
  expect(tail.page(at(1), ['a'])).toBeNull();
  expect(tail.page({ ...at(2), chain: 'other' }, ['a'])).toBeNull();
});

test('(I11) it forgets the oldest beyond its size, and begins anew after a gap or in a new epoch', () => {
  const tail = createTail({ maxChars: 2_000 });
  for (let seq = 1; seq <= 20; seq++) tail.append(at(seq - 1), [transaction(seq, 'a')]);
  expect(tail.size.chars).toBeLessThanOrEqual(2_000);
  expect(tail.page(at(0), ['a'])).toBeNull();
  expect(tail.page(at(18), ['a'])?.transactions).toHaveLength(2);
  tail.append(at(30), [transaction(31, 'a')]);
  expect(tail.page(at(19), ['a'])).toBeNull();
  expect(tail.page(at(30), ['a'])?.transactions).toHaveLength(1);
  expect(tail.size.transactions).toBe(1);
});
