import { lsnFrom } from '@millrace/kernel';
import { LIMITS } from '@millrace/sync-protocol';
import fc from 'fast-check';
import type { DecodedTransaction } from '../decoder.js';
import { schemaOf } from '../testing/schemas.js';
import { createWal2jsonDecoder } from './decoder.js';

const schema = schemaOf(
  {
    name: 'items',
    key: ['id'],
    columns: ['id:integer', 'tenant_id:text', 'note:text', 'price:numeric', 'sold:boolean', 'body:bytea'],
    serverOnly: ['secret'],
  },
  { name: 'app.parts', key: ['id'], columns: ['id:integer'] },
);

const BEGIN =
  '{"action":"B","xid":4294967295,"timestamp":"2026-10-11 02:13:20.123456+00","lsn":"1/FF","nextlsn":"1/200"}';
const COMMIT =
  '{"action":"C","xid":4294967295,"timestamp":"2026-10-11 02:13:20.123456+00","lsn":"1/FF","nextlsn":"1/200"}';
const insert = (columns: string, table = 'items') =>
  `{"action":"I","xid":1,"lsn":"0/1","schema":"public","table":"${table}","columns":[${columns}]}`;
const update = (columns: string, identity: string) =>
  `{"action":"U","xid":1,"lsn":"0/1","schema":"public","table":"items","columns":[${columns}],"identity":[${identity}]}`;
/** Values as wal2json prints them. */
const columns = (row: Readonly<Record<string, string>>) =>
  Object.entries(row)
    .map(([name, value]) => `{"name":${JSON.stringify(name)},"value":${value}}`)
    .join(',');

function decodeAll(...messages: readonly string[]) {
  const unknown: string[] = [];
  const decoder = createWal2jsonDecoder({
    schema,
    reportUnknown: (table, column) => void unknown.push(`${table}.${column ?? '*'}`),
  });
  const transactions = messages
    .map((message, index) => decoder.decode(new TextEncoder().encode(message), lsnFrom(BigInt(index))))
    .filter((each) => each !== null);
  return { transactions, unknown, decoder };
}

const changesOf = (...messages: readonly string[]) =>
  (decodeAll(BEGIN, ...messages, COMMIT).transactions[0] as DecodedTransaction).changes;

test('a transaction: ids, addresses, time to the microsecond, and changes in order', () => {
  const { transactions } = decodeAll(
    BEGIN,
    insert(columns({ id: '1', secret: '"hidden"', tenant_id: '"a"', note: '""' })),
    COMMIT,
  );
  expect(transactions).toEqual([
    {
      xid: 4_294_967_295,
      commitLsn: 0x1_0000_00ffn,
      endLsn: 0x1_0000_0200n,
      commitTime: '2026-10-11 02:13:20.123456+00',
      bytes: expect.any(Number) as number,
      changes: [
        {
          table: 'items',
          operation: 'insert',
          newRow: { id: '1', tenant_id: 'a', note: '' },
          oldRow: null,
          unchangedToast: [],
          recordLsn: 1n,
        },
      ],
    },
  ]);
});

test('[C2] numbers are the text that they were, booleans t and f, bytea has its prefix, null is null', () => {
  const [first, second] = changesOf(
    insert(columns({ id: '9223372036854775807', price: '12345678901234567890.1230', sold: 'true', body: '"00ff"' })),
    insert(columns({ id: '-0', price: '1e-30', sold: 'false', body: '"\\\\x00"', note: 'null' })),
  );
  expect(first?.newRow).toEqual({
    id: '9223372036854775807',
    price: '12345678901234567890.1230',
    sold: 't',
    body: '\\x00ff',
  });
  expect(second?.newRow).toEqual({ id: '-0', price: '1e-30', sold: 'f', body: '\\x00', note: null });
});

test('[C2] numbers that come as strings are the same text: so a newer wal2json keeps NaN and Infinity', () => {
  const [change] = changesOf(insert(columns({ id: '"7"', price: '"NaN"' })));
  expect(change?.newRow).toEqual({ id: '7', price: 'NaN' });
});

test('[C4] a listed column that an update leaves out is unchanged: merged from a whole old row, absent otherwise', () => {
  const rest = { price: 'null', sold: 'null', body: 'null' };
  const [full, byKey] = changesOf(
    update(
      columns({ id: '1', tenant_id: '"b"', ...rest }),
      columns({ id: '1', tenant_id: '"a"', note: '"long"', ...rest }),
    ),
    update(columns({ id: '2', tenant_id: '"b"', ...rest }), columns({ id: '1' })),
  );
  expect(full).toMatchObject({ newRow: { tenant_id: 'b', note: 'long' }, unchangedToast: ['note'] });
  expect(Object.keys(byKey?.newRow ?? {})).not.toContain('note');
  expect(byKey).toMatchObject({ oldRow: { id: '1' }, unchangedToast: ['note'] });
});

test('TRUNCATE, unknown tables and columns, messages of other programs', () => {
  const { transactions, unknown } = decodeAll(
    '{"action":"M","xid":null,"timestamp":null,"lsn":"0/1","transactional":false,"prefix":"p","content":"c"}',
    BEGIN,
    '{"action":"M","xid":1,"lsn":"0/1","transactional":true,"prefix":"p","content":"c"}',
    '{"action":"T","xid":1,"lsn":"0/1","schema":"public","table":"items"}',
    '{"action":"T","xid":1,"lsn":"0/1","schema":"app","table":"parts"}',
    insert(columns({ a: '1' }), 'foreign'),
    insert(columns({ id: '1', added: '1' })),
    insert(columns({ id: '2', added: '1' })),
    COMMIT,
  );
  expect(transactions[0]?.changes.map(({ table, operation }) => [table, operation])).toEqual([
    ['items', 'truncate'],
    ['app.parts', 'truncate'],
    ['items', 'insert'],
    ['items', 'insert'],
  ]);
  expect(unknown).toEqual(['foreign.*', 'items.added']);
});

test('[C1] engine tables are captured by their inserts alone', () => {
  const row = columns({ client_id: '"c"', mutation_id: '1', pid: '7' });
  const engine = (action: string) =>
    `{"action":"${action}","schema":"sync","table":"client_mutation","columns":[${row}],"identity":[${row}]}`;
  expect(changesOf(engine('I'), engine('U'), engine('D'), engine('T')).map(({ newRow }) => newRow)).toEqual([
    { client_id: 'c', mutation_id: '1' },
  ]);
});

test.each([
  ['a change outside a transaction', [insert(columns({ id: '1' }))]],
  ['a transaction within another', [BEGIN, BEGIN]],
  ['the commit of another transaction', [BEGIN, COMMIT.replace('1/FF', '1/FE')]],
  ['an unknown action', ['{"action":"Z"}']],
  ['no JSON', ['{"action":']],
  ['an update without its old row', [BEGIN, insert(columns({ id: '1' })).replace('"I"', '"U"')]],
  ['a value that is none', [BEGIN, insert(columns({ id: '{}' }))]],
  ['a commit time of another zone', [BEGIN.replace('+00"', '+02"')]],
  ['a transaction id above 32 bits', [BEGIN.replace('4294967295', '4294967296')]],
])('[C9] %s is an error, never a guess', (_what, messages) => {
  expect(() => decodeAll(...messages)).toThrow(expect.objectContaining({ code: 'decode-failed' }) as Error);
});

test('[C9] bytes that are no text are an error', () => {
  const { decoder } = decodeAll();
  expect(() => decoder.decode(Uint8Array.of(0x7b, 0xff), lsnFrom(1n))).toThrow(/UTF-8/);
});

test('[C6] the limit of a row is that of its text in bytes; a message too large to fetch ends its transaction by name', () => {
  const row = (text: string) => insert(columns({ id: '1', note: JSON.stringify(text) }));
  const fits = 'é'.repeat(LIMITS.rowChars / 2 - 1);
  expect(changesOf(row(fits))[0]?.newRow?.['note']).toHaveLength(fits.length);
  expect(() => changesOf(row(`${fits}éé`))).toThrow(/items: a row above/);

  const { decoder } = decodeAll(BEGIN, insert(columns({ id: '1' })));
  expect(() => decoder.refuse(99, new Uint8Array())).toThrow(
    expect.objectContaining({
      code: 'limit-exceeded',
      transaction: { xid: 4_294_967_295, commitLsn: 0x1_0000_00ffn, tables: ['items'], payload: null },
    }) as Error,
  );
});

test('(I10) any text and any number come out as they went in', () => {
  const hostile = fc.constantFrom('"value":1', '\\"value":1}', '\\', '"', '{"name":"value","value":-1.5e3}', 'value');
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), hostile);
  const number = fc.oneof(
    fc.bigInt().map(String),
    fc.tuple(fc.bigInt(), fc.stringMatching(/^\d{1,30}$/)).map(([whole, fraction]) => `${whole}.${fraction}`),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? '-0' : String(value))),
  );
  fc.assert(
    fc.property(text, number, text, (note, price, tenant) => {
      const whole = `${note}\u{FEFF}`.toWellFormed();
      const row = { note: JSON.stringify(whole), price, tenant_id: JSON.stringify(tenant.toWellFormed()) };
      const [change] = changesOf(update(columns(row), columns(row)));
      expect(change?.newRow).toEqual({ note: whole, price, tenant_id: tenant.toWellFormed() });
      expect(change?.oldRow).toEqual(change?.newRow);
    }),
  );
});

describe('[C9] a transaction that is skipped', () => {
  const skipping = (...messages: readonly string[]) => {
    const decoder = createWal2jsonDecoder({
      schema,
      reportUnknown: () => undefined,
      skips: new Map([[lsnFrom(0x1_0000_00ffn), 'rows']]),
    });
    const decoded = [BEGIN, ...messages, COMMIT].map((message) =>
      decoder.decode(new TextEncoder().encode(message), lsnFrom(1n)),
    );
    return decoded.at(-1)?.changes.map(({ table, operation }) => [table, operation]);
  };
  const fill = (table: string) => [table, 'fill'];

  test('is a mark for each table that it touches, with the rows unread', () => {
    expect(skipping(insert('"damaged"'), insert('"damaged"', 'foreign'))).toEqual([fill('items')]);
  });

  test('puts every table in doubt where it cannot be told which it touches', () => {
    expect(skipping('{"action":')).toEqual([fill('app.parts'), fill('items')]);
  });
});

test('[M4] a fill is asked for by a logical message of ours', () => {
  const content = JSON.stringify({ cause: 'rewritten', tables: [{ name: 'items', signature: 's' }] });
  const message = (prefix: string) => JSON.stringify({ action: 'M', transactional: true, prefix, content });
  const { transactions } = decodeAll(BEGIN, message('theirs'), message('millrace.fill'), COMMIT);
  expect(transactions[0]?.fills).toEqual([JSON.parse(content)]);
});
