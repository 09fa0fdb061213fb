import { describeChange } from './describe-change.js';

const change = { table: 'invoices', key: { id: '1' }, set: {}, old: {}, version: '1', local: {} };

describe('a change in words', () => {
  it('names what is new, without the columns that say nothing', () =>
    expect(
      describeChange({ ...change, operation: 'insert', set: { id: '1', tenant_id: '2', number: 'A-1', notes: null } }),
    ).toEqual({ what: 'New invoice A-1', values: ['number: A-1'] }));

  it('shows what a value was and becomes', () =>
    expect(
      describeChange({ ...change, operation: 'update', set: { amount_cents: '200' }, old: { amount_cents: '100' } }),
    ).toEqual({ what: 'Changed invoice', values: ['amount cents: 100 → 200'] }));

  it('shows a deletion by its number', () =>
    expect(describeChange({ ...change, operation: 'delete', old: { number: 'A-1' } })).toEqual({
      what: 'Deleted invoice A-1',
      values: [],
    }));

  it('cuts long texts and knows unknown tables', () => {
    const { what, values } = describeChange({
      ...change,
      table: 'notes',
      operation: 'insert',
      set: { text: 'x'.repeat(200) },
    });
    expect(what).toBe('New notes');
    expect(values[0]?.length).toBeLessThan(80);
  });
});
