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
    ).toEqual({ what: 'Changed invoice', values: ['amount: 1.00 → 2.00'] }));

  it('shows amounts as money', () =>
    expect(
      describeChange({ ...change, operation: 'insert', set: { amount_cents: '1', currency: 'EUR' } }).values,
    ).toEqual(['amount: 0.01 EUR', 'currency: EUR']));

  it('names the invoice that a change is about, if somebody knows its number', () => {
    const numbers = new Map([['1', 'A-1']]);
    expect(describeChange({ ...change, operation: 'update', set: { notes: 'x' } }, numbers).what).toBe(
      'Changed invoice A-1',
    );
    const payment = { ...change, table: 'payments', key: { id: '7' }, operation: 'insert' as const };
    expect(describeChange({ ...payment, set: { invoice_id: '1', amount_cents: '5' } }, numbers)).toEqual({
      what: 'New payment of invoice A-1',
      values: ['amount: 0.05'],
    });
  });

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
