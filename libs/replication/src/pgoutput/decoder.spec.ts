import { lsnFrom } from '@millrace/kernel';
import fc from 'fast-check';
import type { DecodedTransaction, Skips } from '../decoder.js';
import { pgoutput } from '../testing/pgoutput-bytes.js';
import { schemaOf } from '../testing/schemas.js';
import { createPgoutputDecoder } from './decoder.js';

const schema = schemaOf(
  { name: 'items', key: ['id'], columns: ['id:integer', 'tenant_id:text', 'note:text'], serverOnly: ['secret'] },
  { name: 'app.parts', key: ['id'], columns: ['id:integer'] },
);
const ITEMS = pgoutput.relation(
  1,
  ['public', 'items'],
  [{ name: 'id', key: true }, { name: 'secret' }, { name: 'tenant_id' }, { name: 'note' }],
);

function decodeAll(...messages: readonly Uint8Array[]) {
  return decodeSkipping(new Map(), ...messages);
}

function decodeSkipping(skips: Skips, ...messages: readonly Uint8Array[]) {
  const unknown: string[] = [];
  const decoder = createPgoutputDecoder({
    schema,
    skips,
    reportUnknown: (table, column) => void unknown.push(`${table}.${column ?? '*'}`),
  });
  const transactions = messages
    .map((message, index) => decoder.decode(message, lsnFrom(BigInt(index))))
    .filter((each) => each !== null);
  return { transactions, unknown, decoder };
}

const only = ({ transactions }: { transactions: readonly DecodedTransaction[] }) =>
  transactions[0] as DecodedTransaction;

test('a transaction: ids, addresses, time to the microsecond, and changes in order', () => {
  const decoded = only(
    decodeAll(
      pgoutput.begin(0x1_0000_00ffn, 4_294_967_295, 845_000_000_123_456n),
      ITEMS,
      pgoutput.insert(1, ['1', 'hidden', 'a', '']),
      pgoutput.commit(0x1_0000_00ffn, 0x1_0000_0200n),
    ),
  );
  expect(decoded).toMatchObject({
    xid: 4_294_967_295,
    commitLsn: 0x1_0000_00ffn,
    endLsn: 0x1_0000_0200n,
    commitTime: '2026-10-11 02:13:20.123456+00',
  });
  expect(decoded.changes).toEqual([
    {
      table: 'items',
      operation: 'insert',
      newRow: { id: '1', tenant_id: 'a', note: '' },
      oldRow: null,
      unchangedToast: [],
      recordLsn: 2n,
    },
  ]);
});

test('[M4] a relation that is described again is told of: its catalog entries have changed in some way', () => {
  let times = 0;
  const redescribed = () => void (times += 1);
  const decoder = createPgoutputDecoder({ schema, skips: new Map(), reportUnknown: () => undefined, redescribed });
  decoder.decode(ITEMS, lsnFrom(1n));
  expect(times).toBe(0);
  decoder.decode(ITEMS, lsnFrom(2n));
  expect(times).toBe(1);
});

test('[C4] unchanged TOAST is merged from the old row where that has it, and stays absent where not; null stays null', () => {
  const full = pgoutput.update(1, ['1', 's', 'b', undefined], ['O', ['1', 's', 'a', 'long']]);
  const byKey = pgoutput.update(1, ['2', 's', 'b', undefined], ['K', ['1', null, null, null]]);
  const unmoved = pgoutput.update(1, ['1', 's', null, undefined]);
  const { changes } = only(
    decodeAll(
      pgoutput.begin(9n, 1),
      ITEMS,
      full,
      byKey,
      unmoved,
      pgoutput.delete(1, ['K', ['1', null, null, null]]),
      pgoutput.commit(9n, 10n),
    ),
  );
  expect(changes.map(({ newRow, oldRow, unchangedToast }) => ({ newRow, oldRow, unchangedToast }))).toEqual([
    {
      newRow: { id: '1', tenant_id: 'b', note: 'long' },
      oldRow: { id: '1', tenant_id: 'a', note: 'long' },
      unchangedToast: ['note'],
    },
    { newRow: { id: '2', tenant_id: 'b' }, oldRow: { id: '1' }, unchangedToast: ['note'] },
    { newRow: { id: '1', tenant_id: null }, oldRow: { id: '1' }, unchangedToast: ['note'] },
    { newRow: null, oldRow: { id: '1' }, unchangedToast: [] },
  ]);
});

test('TRUNCATE of several relations; unknown relations and columns are dropped and reported; other messages are passed over', () => {
  const { transactions, unknown } = decodeAll(
    pgoutput.begin(9n, 1),
    ITEMS,
    pgoutput.type(),
    pgoutput.relation(2, ['app', 'parts'], [{ name: 'id', key: true }, { name: 'added' }]),
    pgoutput.relation(3, ['public', 'foreign'], [{ name: 'id' }]),
    pgoutput.origin(),
    pgoutput.insert(3, ['1']),
    pgoutput.message(),
    pgoutput.truncate(1, 2, 3),
    pgoutput.commit(9n, 10n),
  );
  expect(transactions[0]?.changes.map(({ table, operation }) => [table, operation])).toEqual([
    ['items', 'truncate'],
    ['app.parts', 'truncate'],
  ]);
  expect(unknown).toEqual(['app.parts.added', 'foreign.*']);
});

test('[C1] engine tables are captured by their inserts alone', () => {
  const { changes } = only(
    decodeAll(
      pgoutput.begin(9n, 1),
      pgoutput.relation(
        4,
        ['sync', 'client_mutation'],
        [
          { name: 'client_id', key: true },
          { name: 'mutation_id', key: true },
        ],
      ),
      pgoutput.insert(4, ['c', '1']),
      pgoutput.update(4, ['c', '2']),
      pgoutput.delete(4, ['K', ['c', '2']]),
      pgoutput.truncate(4),
      pgoutput.commit(9n, 10n),
    ),
  );
  expect(changes.map(({ operation, newRow }) => [operation, newRow])).toEqual([
    ['insert', { client_id: 'c', mutation_id: '1' }],
  ]);
});

test('a byte order mark and 4-byte characters are content', () => {
  const { changes } = only(
    decodeAll(pgoutput.begin(9n, 1), ITEMS, pgoutput.insert(1, ['1', null, '\uFEFFa', '😀']), pgoutput.commit(9n, 10n)),
  );
  expect(changes[0]?.newRow).toEqual({ id: '1', tenant_id: '\uFEFFa', note: '😀' });
});

test.each([
  ['a change outside a transaction', [ITEMS, pgoutput.insert(1, ['1', null, 'a', null])]],
  ['a relation that was never described', [pgoutput.begin(9n, 1), pgoutput.insert(8, ['1'])]],
  ['a tuple of another width', [pgoutput.begin(9n, 1), ITEMS, pgoutput.insert(1, ['1'])]],
  ['a transaction within another', [pgoutput.begin(9n, 1), pgoutput.begin(10n, 2)]],
  ['the commit of another transaction', [pgoutput.begin(9n, 1), pgoutput.commit(8n, 10n)]],
  ['an unknown message', [pgoutput.begin(9n, 1), Uint8Array.from([0])]],
  [
    'bytes that are no text',
    [
      pgoutput.begin(9n, 1),
      ITEMS,
      pgoutput.insert(1, ['1', null, 'a', '\u0001']).map((byte) => (byte === 1 ? 0xff : byte)),
    ],
  ],
])('[C9] %s is an error, never a guess', (_what, messages) => {
  expect(() => decodeAll(...messages)).toThrow(expect.objectContaining({ code: 'decode-failed' }) as Error);
});

test('[C9] the error names the transaction, its tables and the message', () => {
  const broken = pgoutput.insert(1, ['2']);
  const attempt = () => decodeAll(pgoutput.begin(9n, 7), ITEMS, pgoutput.insert(1, ['1', null, 'a', null]), broken);
  expect(attempt).toThrow(
    expect.objectContaining({ transaction: { xid: 7, commitLsn: 9n, tables: ['items'], payload: broken } }) as Error,
  );
});

test('[C9] a message cut at any byte, or with bytes left over, is an error', () => {
  const messages = [
    pgoutput.begin(9n, 1),
    ITEMS,
    pgoutput.update(1, ['1', 's', 'b', 'n'], ['O', ['1', 's', 'a', 'n']]),
    pgoutput.commit(9n, 10n),
  ];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (which, where) => {
      const cut = messages.map((message, index) =>
        index === which ? message.subarray(0, Math.floor(message.length * where)) : message,
      );
      expect(() => decodeAll(...cut)).toThrow();
      const longer = messages.map((message, index) => (index === which ? Uint8Array.from([...message, 0]) : message));
      expect(() => decodeAll(...longer)).toThrow();
    }),
  );
});

describe('[C9] a transaction that is skipped', () => {
  const PARTS = pgoutput.relation(2, ['app', 'parts'], [{ name: 'id', key: true }]);
  const MUTATIONS = pgoutput.relation(3, ['sync', 'client_mutation'], [{ name: 'client_id', key: true }]);
  const skipping = (how: 'rows' | 'all', ...messages: readonly Uint8Array[]) =>
    only(
      decodeSkipping(new Map([[lsnFrom(9n), how]]), pgoutput.begin(9n, 1), ...messages, pgoutput.commit(9n, 10n)),
    ).changes.map(({ table, operation, cause }) => [table, operation, cause]);
  const items = ['items', 'fill', 'quarantined'];
  const parts = ['app.parts', 'fill', 'quarantined'];

  test('is a mark for each table that it touches, once, with the rows unread', () => {
    const damaged = pgoutput.insert(1, ['1']);
    expect(skipping('rows', ITEMS, PARTS, damaged, damaged, pgoutput.truncate(2))).toEqual([parts, items]);
  });

  test('keeps the acks of clients [W5], unless even they stand in the way', () => {
    const ack = pgoutput.insert(3, ['c']);
    expect(skipping('rows', ITEMS, MUTATIONS, pgoutput.insert(1, ['1']), ack)).toEqual([
      items,
      ['sync.client_mutation', 'insert', undefined],
    ]);
    expect(skipping('all', ITEMS, MUTATIONS, pgoutput.insert(1, ['1']), ack)).toEqual([items]);
  });

  test('puts every table in doubt where it cannot be told which it touches', () => {
    expect(skipping('rows', pgoutput.insert(77, ['1']))).toEqual([parts, items]);
    expect(skipping('rows', Uint8Array.of(0x5a))).toEqual([parts, items]);
  });

  test('may have messages that were not even fetched [C6]', () => {
    const { decoder } = decodeSkipping(new Map([[lsnFrom(9n), 'rows']]), pgoutput.begin(9n, 1), ITEMS, PARTS);
    decoder.refuse(99, pgoutput.insert(2, ['1']).slice(0, 8));
    expect(decoder.decode(pgoutput.commit(9n, 10n), lsnFrom(9n))?.changes).toMatchObject([{ table: 'app.parts' }]);
  });

  test('others are not skipped', () => {
    expect(() =>
      skipping('rows', pgoutput.commit(9n, 10n), pgoutput.begin(11n, 2), ITEMS, pgoutput.insert(1, ['1'])),
    ).toThrow(expect.objectContaining({ code: 'decode-failed' }) as Error);
  });
});

describe('[M4] what may need a fill', () => {
  const request = (prefix: string, content: string) =>
    only(decodeAll(pgoutput.begin(9n, 1), pgoutput.message(prefix, content), pgoutput.commit(9n, 10n))).fills;

  test('is asked for by a logical message of ours', () => {
    const fill = { cause: 'late-table', tables: [{ name: 'items', signature: null }] };
    expect(request('millrace.fill', JSON.stringify(fill))).toEqual([fill]);
    expect(request('prefix', JSON.stringify(fill))).toBeUndefined();
  });

  test.each(['', '{}', '[]', '{"cause":"x","tables":[]}', '{"cause":"rewritten","tables":[{"name":1}]}'])(
    'a request that cannot be read is no request to be passed over: %s',
    (content) =>
      expect(() => request('millrace.fill', content)).toThrow(
        expect.objectContaining({ code: 'decode-failed' }) as Error,
      ),
  );

  test('is seen by the columns of a table, whatever their order, and by the synced ones alone', () => {
    const described = (...names: readonly string[]) =>
      only(
        decodeAll(
          pgoutput.begin(9n, 1),
          pgoutput.relation(
            1,
            ['public', 'items'],
            names.map((name) => ({ name })),
          ),
          pgoutput.commit(9n, 10n),
        ),
      ).signatures?.get('items');
    const known = described('id', 'tenant_id', 'note');
    expect(known).toContain('tenant_id 25 -1');
    expect(described('note', 'secret', 'id', 'added', 'tenant_id')).toBe(known);
    expect(described('id', 'tenant_id')).not.toBe(known);
  });
});
