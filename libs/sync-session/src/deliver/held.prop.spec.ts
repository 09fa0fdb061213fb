import type { HistoryEntry } from '@millrace/change-history';
import fc from 'fast-check';
import { CLIENT, TENANT, entry, transaction, twoTables } from '../testing/fixture.js';
import { deliver } from './deliver.js';

const table = fc.constantFrom('invoices', 'notes', 'unlisted');
const tenant = fc.constantFrom('t1', 't2');
const row = fc.record({
  id: fc.constantFrom('1', '2', '3'),
  tenant_id: tenant,
  number: fc.string(),
  notes: fc.string(),
});
/** Now and then a column is missing, as an unchanged TOAST value is. */
const partial = fc.oneof(
  row,
  row.map(({ notes: _gone, ...rest }) => rest),
);

const entries: fc.Arbitrary<HistoryEntry> = fc.oneof(
  fc.record({ table, data: row }).map((fields) => entry(fields)),
  fc.record({ table, data: partial, oldData: partial }).map((fields) => entry({ ...fields, operation: 'update' })),
  fc.record({ table, oldData: row }).map((fields) => entry({ ...fields, operation: 'delete' })),
  table.map((name) => entry({ table: name, operation: 'truncate' })),
  table.map((name) => entry({ table: name, operation: 'fill', scopeNew: '*', cause: 'rewritten' })),
);
const mark = { mutationId: 1, txId: CLIENT, verdict: 'accepted', reason: null } as const;
const mutations = fc.constantFrom(null, { ...mark, clientId: CLIENT }, { ...mark, clientId: 'somebody else' });
const helds = fc.dictionary(table, fc.bigInt(0n, 10n)).map((seqs) => new Map(Object.entries(seqs)));

const catalogue = { compiled: twoTables, steps: [] };
const recipient = { catalogue, version: '1.0.0', app: '1.0.0', claims: TENANT, clientId: CLIENT, from: 3n };

describe('[S2] what rows hold already', () => {
  it('is left out: the delivery is that of the transaction without it', () => {
    fc.assert(
      fc.property(fc.array(entries), mutations, helds, (all, mutation, held) => {
        const rest = all.filter((each) => (held.get(each.table) ?? 0n) < 5n);
        expect(deliver(transaction(5, all, { mutation }), { ...recipient, held })).toEqual(
          deliver(transaction(5, rest, { mutation }), recipient),
        );
      }),
    );
  });

  it('[S4] whoever has read the tables of a fill can take the rest of the transaction', () => {
    fc.assert(
      fc.property(fc.array(entries), mutations, (all, mutation) => {
        const first = deliver(transaction(5, all, { mutation }), recipient);
        if (first.kind !== 'fill') return;
        const held = new Map(first.tables.map((name) => [name, first.atLeast]));
        expect(deliver(transaction(5, all, { mutation }), { ...recipient, held }).kind).toBe('messages');
      }),
    );
  });
});
