import { LIMITS, type ServerMessage } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import type { FillCause } from '@millrace/change-history';
import { CLIENT, TENANT, TX, at, catalogue, entry, inserted, transaction, twoTables } from '../testing/fixture.js';
import { cursorMove, deliver, fillFrame, type Delivery } from './deliver.js';
import { packMessages } from './pack-messages.js';

const tables = { catalogue, version: '1.0.0', app: '1.0.0' };
const recipient = { ...tables, claims: TENANT, clientId: CLIENT, from: 3n };
const row = { id: '1', tenant_id: 't1', number: 'n1', notes: null };

function changesOf(delivery: Delivery): unknown {
  if (delivery.kind !== 'messages') return delivery;
  return delivery.messages.flatMap((message) => (message.type === 'changes' ? message.changes : []));
}

function update(
  data: Record<string, string | null>,
  oldData: Record<string, string | null>,
  unchangedToast: string[] = [],
) {
  return deliver(transaction(5, [entry({ operation: 'update', data, oldData, unchangedToast })]), recipient);
}

describe('[D3] scope on old and new row', () => {
  it('(in,in): the columns that changed', () => {
    expect(changesOf(update({ number: 'n2' }, row))).toEqual([
      { op: 'patch', table: 'invoices', key: { id: '1' }, set: { number: 'n2' } },
    ]);
  });

  it('(in,in) keeps absent apart from null [C4]', () => {
    expect(changesOf(update({ notes: null }, { ...row, notes: 'x' }))).toEqual([
      { op: 'patch', table: 'invoices', key: { id: '1' }, set: { notes: null } },
    ]);
  });

  it('(in,in) of nothing says nothing', () => {
    expect(update({}, row)).toMatchObject({ kind: 'messages', messages: [] });
  });

  it('(out,in): the whole row out of both halves', () => {
    expect(changesOf(update({ tenant_id: 't1' }, { ...row, tenant_id: 't2' }))).toEqual([
      { op: 'put', table: 'invoices', row },
    ]);
  });

  it('(in,out): a removal that does not tell why', () => {
    expect(changesOf(update({ tenant_id: 't2' }, row))).toEqual([
      { op: 'remove', table: 'invoices', key: { id: '1' } },
    ]);
  });

  it('(out,out): nothing, and no frame', () => {
    expect(deliver(transaction(5, [inserted('9', 't2')]), recipient)).toMatchObject({ kind: 'messages', messages: [] });
  });

  it('insert, delete and truncate', () => {
    expect(changesOf(deliver(transaction(5, [inserted('1')]), recipient))).toEqual([
      { op: 'put', table: 'invoices', row },
    ]);
    expect(changesOf(deliver(transaction(5, [entry({ operation: 'delete', oldData: row })]), recipient))).toEqual([
      { op: 'remove', table: 'invoices', key: { id: '1' } },
    ]);
    expect(changesOf(deliver(transaction(5, [entry({ operation: 'truncate' })]), recipient))).toEqual([
      { op: 'truncate', table: 'invoices' },
    ]);
  });

  it('a key change is a removal and a whole row', () => {
    expect(changesOf(update({ id: '2' }, row))).toEqual([
      { op: 'remove', table: 'invoices', key: { id: '1' } },
      { op: 'put', table: 'invoices', row: { ...row, id: '2' } },
    ]);
  });

  it.each([
    ['a scope column that neither side carries', {}, { id: '1', number: 'n1', notes: null }],
    ['a move-in without an unchanged TOAST value', { tenant_id: 't1' }, { id: '1', tenant_id: 't2', number: 'n1' }],
    ['a key change without an unchanged TOAST value', { id: '2' }, { id: '1', tenant_id: 't1', number: 'n1' }],
  ])('never guesses: %s', (_what, data, oldData) => {
    expect(update(data, oldData, ['notes'])).toEqual({
      kind: 'fill',
      cause: 'scope-unknown',
      tables: ['invoices'],
      atLeast: 5n,
    });
  });

  it('I8: nothing that the schema does not list, whatever history holds', () => {
    const delivery = deliver(
      transaction(5, [
        entry({ data: { ...row, secret: 'CANARY' } }),
        entry({ table: 'sync.client_mutation', data: { reason: 'CANARY' }, scopeNew: '*' }),
        entry({ table: 'unlisted', data: { id: 'CANARY' }, scopeNew: '*' }),
      ]),
      recipient,
    );
    expect(JSON.stringify(delivery)).not.toContain('CANARY');
    expect(changesOf(delivery)).toHaveLength(1);
  });

  it('I8: no claim, no rows', () => {
    for (const claims of [{}, { tenantId: '' }] as Claims[]) {
      expect(deliver(transaction(5, [inserted('1')]), { ...recipient, claims })).toMatchObject({ messages: [] });
    }
  });
});

describe('[W5] own transactions', () => {
  const mark = {
    clientId: CLIENT,
    mutationId: 4,
    txId: TX,
    verdict: 'merged' as const,
    reason: { code: 'changed', message: 'm', columns: ['notes'] },
  };

  it('own changes are delivered with their ack, never dropped', () => {
    const delivery = deliver(transaction(5, [inserted('1')], { mutation: mark }), recipient);
    expect(delivery.kind === 'messages' && delivery.messages).toEqual([
      { type: 'begin', from: '3', time: '2026-01-01 00:00:00+00' },
      { type: 'changes', changes: [{ op: 'put', table: 'invoices', row }] },
      {
        type: 'commit',
        position: { epoch: at(5).epoch, seq: '5', chain: at(5).chain },
        mutation: {
          mutationId: 4,
          txId: TX,
          verdict: 'merged',
          reason: { code: 'changed', message: 'm', columns: ['notes'] },
        },
      },
    ]);
  });

  it('an ack without rows is still an ack', () => {
    const delivery = deliver(transaction(5, [], { mutation: { ...mark, verdict: 'rejected' } }), recipient);
    expect(delivery.kind === 'messages' && delivery.messages.map(({ type }) => type)).toEqual(['begin', 'commit']);
  });

  it("another client's mutation is an ordinary transaction", () => {
    const delivery = deliver(transaction(5, [inserted('1')], { mutation: { ...mark, clientId: TX } }), recipient);
    expect(delivery.kind === 'messages' && delivery.messages.at(-1)).toMatchObject({ type: 'commit', mutation: null });
  });
});

describe('[D4] size', () => {
  it('frames are cut near the message size and stay one transaction', () => {
    const wide = 'x'.repeat(100_000);
    const delivery = deliver(
      transaction(
        9,
        ['1', '2', '3', '4', '5'].map((id) => inserted(id, 't1', wide)),
      ),
      recipient,
    );
    const messages = delivery.kind === 'messages' ? delivery.messages : [];
    expect(messages.map(({ type }) => type)).toEqual(['begin', 'changes', 'changes', 'changes', 'commit']);
    const texts = packMessages(messages);
    expect(texts.length).toBeGreaterThan(2);
    for (const text of texts) expect(text.length).toBeLessThan(LIMITS.serverMessageChars + 1_000);
    expect(texts.flatMap((text) => JSON.parse(text) as ServerMessage[])).toEqual(JSON.parse(JSON.stringify(messages)));
    expect(delivery.kind === 'messages' && Math.abs(delivery.chars - texts.join('').length)).toBeLessThan(500);
  });

  it('[S4] too many rows or characters end in a fill of the tables that hold them, with its cause (I12)', () => {
    const rows = Array.from({ length: LIMITS.transactionRows + 1 }, (_, id) => inserted(`${id}`));
    const filled = { kind: 'fill', cause: 'transaction-too-large', tables: ['invoices'], atLeast: 9n };
    expect(deliver(transaction(9, rows), recipient)).toEqual(filled);
    const large = ['1', '2', '3'].map((id) => inserted(id, 't1', 'x'.repeat(6 * 1024 * 1024)));
    expect(deliver(transaction(9, large), recipient)).toEqual(filled);
  });

  it('rows out of scope do not count', () => {
    const rows = Array.from({ length: LIMITS.transactionRows + 1 }, (_, id) => inserted(`${id}`, 't2'));
    expect(deliver(transaction(9, [...rows, inserted('a')]), recipient)).toMatchObject({ kind: 'messages' });
  });
});

describe('[S4] fills', () => {
  const mark = (table: string, cause: FillCause = 'quarantined') =>
    entry({ table, operation: 'fill', scopeNew: '*', cause });

  it('a mark names its table and cause, whatever else the transaction holds', () => {
    expect(deliver(transaction(9, [inserted('1'), mark('invoices')]), recipient)).toEqual({
      kind: 'fill',
      cause: 'quarantined',
      tables: ['invoices'],
      atLeast: 9n,
    });
  });

  it('I8: marks of tables that the schema does not list say nothing', () => {
    expect(deliver(transaction(9, [mark('secrets')]), recipient)).toMatchObject({ messages: [] });
  });

  it('only the table that is too large is named, and what the rest does is not lost', () => {
    const rows = Array.from({ length: LIMITS.transactionRows }, (_, id) => inserted(`${id}`));
    const note = entry({ table: 'notes', data: { id: 'n', tenant_id: 't1' } });
    const both = { ...recipient, catalogue: { compiled: twoTables, steps: [] } };
    expect(deliver(transaction(9, [...rows, note]), both)).toMatchObject({ kind: 'fill', tables: ['invoices'] });
    const held = new Map([['invoices', 9n]]);
    expect(changesOf(deliver(transaction(9, [...rows, note]), { ...both, held }))).toEqual([
      { op: 'put', table: 'notes', row: { id: 'n', tenant_id: 't1' } },
    ]);
  });

  it('as a frame', () => {
    expect(fillFrame({ tables: ['a'], cause: 'rewritten', atLeast: 9n })).toEqual({
      type: 'fill',
      tables: ['a'],
      cause: 'rewritten',
      atLeast: '9',
    });
  });
});

it('a transaction of a schema version that nobody knows is not streamed', () => {
  expect(deliver(transaction(5, [inserted('1')], { schemaVersion: '2.0.0' }), recipient)).toMatchObject({
    cause: 'schema-changed',
  });
});

it('a cursor move is an empty transaction', () => {
  expect(cursorMove(3n, at(8))).toEqual([
    { type: 'begin', from: '3', time: null },
    { type: 'commit', position: { epoch: at(8).epoch, seq: '8', chain: at(8).chain }, mutation: null },
  ]);
});
