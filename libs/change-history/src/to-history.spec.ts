import { chainStart, historyRowId, type Lsn } from '@millrace/kernel';
import {
  EPOCH,
  deleteOf,
  insertOf,
  item,
  itemsSchema,
  mutationOf,
  transactionAt,
  updateOf,
} from './testing/history-world.js';
import { toHistory } from './to-history.js';

const after = { epoch: EPOCH, seq: 7n, chain: chainStart(EPOCH) };
const context = { schema: itemsSchema, source: { decoder: 'pgoutput', reader: 'stream' }, after } as const;
const CLIENT = '11111111-1111-4111-8111-111111111111';

test('dense seq in order, ordinal from 1, id from both, chain on the last row alone', () => {
  const { rows, transaction } = toHistory(
    transactionAt(0x1_0000_00ff, insertOf(item('1', 'a')), insertOf(item('2', 'b'))),
    context,
  );
  expect(rows.map(({ seq, ordinal, id, lsn, chain }) => ({ seq, ordinal, id, lsn, ends: chain !== null }))).toEqual([
    { seq: '8', ordinal: '1', id: historyRowId(EPOCH, 8n), lsn: '00000001/000000FF', ends: false },
    { seq: '9', ordinal: '2', id: historyRowId(EPOCH, 9n), lsn: '00000001/000000FF', ends: true },
  ]);
  expect(transaction).toMatchObject({
    firstSeq: 8n,
    position: { epoch: EPOCH, seq: 9n, chain: rows[1]?.chain },
    mutation: null,
  });
});

test('the chain depends on what came before and on all that is stored, but not on the order of columns', () => {
  const chainOf = (change = insertOf(item('1', 'a')), from: string = after.chain) =>
    toHistory(transactionAt(9, change), { ...context, after: { ...after, chain: from } }).transaction.position.chain;
  const reordered = insertOf(Object.fromEntries(Object.entries(item('1', 'a')).reverse()));
  expect(chainOf(reordered)).toBe(chainOf());
  const others = [
    chainOf(insertOf(item('2', 'a'))),
    chainOf(undefined, 'other'),
    chainOf(deleteOf(item('1', 'a'))),
    chainOf({ ...insertOf(item('1', 'a')), recordLsn: 6n as Lsn }),
  ];
  expect(new Set([chainOf(), ...others]).size).toBe(5);
});

test('an update is what changed; a row that moves is whole on both sides', () => {
  const [patch, none, moved, rekeyed] = [
    updateOf(item('1', 'a', 'x'), item('1', 'a', 'y')),
    updateOf(item('1', 'a'), item('1', 'a')),
    updateOf(item('1', 'a'), item('1', 'b')),
    updateOf(item('1', 'a'), item('2', 'a')),
  ].map((change) => toHistory(transactionAt(9, change), context).transaction.entries[0]);
  expect(patch).toMatchObject({
    data: { name: 'y' },
    oldData: item('1', 'a', 'x'),
    scopeOld: 'tenantId=a',
    scopeNew: 'tenantId=a',
  });
  expect(none).toMatchObject({ data: {}, oldData: item('1', 'a') });
  expect(moved).toMatchObject({
    data: item('1', 'b'),
    oldData: item('1', 'a'),
    scopeOld: 'tenantId=a',
    scopeNew: 'tenantId=b',
  });
  expect(rekeyed).toMatchObject({ data: item('2', 'a'), oldData: item('1', 'a') });
});

test('[C4] unchanged TOAST: omitted from old_data and named, unless the row moves', () => {
  const old = { ...item('1', 'a'), note: 'long' };
  const entryOf = (tenant: string) =>
    toHistory(transactionAt(9, updateOf(old, { ...old, tenant_id: tenant, name: 'y' }, ['note'])), context).transaction
      .entries[0];
  expect(entryOf('a')).toMatchObject({ data: { name: 'y' }, unchangedToast: ['note'] });
  expect(Object.keys(entryOf('a')?.oldData ?? {})).toEqual(['id', 'tenant_id', 'name']);
  expect(entryOf('b')).toMatchObject({ data: { ...old, tenant_id: 'b', name: 'y' }, oldData: old, unchangedToast: [] });
});

test('[W5] the mutation of a transaction is on its rows and on the transaction; migrations and truncates are for everybody', () => {
  const migration = {
    table: 'sync.client_migration',
    operation: 'insert',
    newRow: { id: '1' },
    oldRow: null,
    unchangedToast: [],
    recordLsn: null,
  } as const;
  const truncate = {
    table: 'items',
    operation: 'truncate',
    newRow: null,
    oldRow: null,
    unchangedToast: [],
    recordLsn: null,
  } as const;
  const { rows, transaction } = toHistory(
    transactionAt(
      9,
      insertOf(item('1', 'a')),
      mutationOf(CLIENT, 3, 'rejected', '{"code":"unique","message":"m"}'),
      migration,
      truncate,
    ),
    context,
  );
  expect(rows.map(({ client_id }) => client_id)).toEqual([CLIENT, CLIENT, CLIENT, CLIENT]);
  expect(rows.map(({ scope_new }) => scope_new)).toEqual(['tenantId=a', `client=${CLIENT}`, '*', '*']);
  expect(JSON.parse(rows[0]?.metadata ?? '')).toEqual({
    decoder: 'pgoutput',
    key: '["1"]',
    mutationId: 3,
    reader: 'stream',
    recordLsn: '00000000/00000005',
    sub: 'u1',
    txId: 'tx-3',
    unchangedToast: [],
  });
  expect(transaction.mutation).toEqual({
    clientId: CLIENT,
    mutationId: 3,
    txId: 'tx-3',
    verdict: 'rejected',
    reason: { code: 'unique', message: 'm' },
  });
});

test('a mutation that cannot be read is an error: it must not pass for none', () => {
  expect(() => toHistory(transactionAt(9, mutationOf(CLIENT, 3, 'perhaps')), context)).toThrow(
    expect.objectContaining({ code: 'decode-failed' }) as Error,
  );
});
