import type { Invoice } from './invoice.js';
import { columnsOf, fieldsOf, fieldsOfNew, valuesOf } from './invoice-values.js';

const invoice: Invoice = {
  id: '1',
  number: 'A-1',
  status: 'open',
  currency: 'EUR',
  amount_cents: '9007199254740993',
  due_on: '2026-02-01',
  notes: null,
  user_id: 'u',
  customer: 'Ann',
  paid_cents: '0',
};

describe('an invoice’s fields', () => {
  it('become the row they came from', () =>
    expect(valuesOf(fieldsOf(invoice))).toEqual({
      number: 'A-1',
      user_id: 'u',
      status: 'open',
      amount_cents: '9007199254740993',
      currency: 'EUR',
      due_at: '2026-02-01T23:59:59Z',
      notes: null,
    }));

  it('are tidied', () =>
    expect(valuesOf({ ...fieldsOf(invoice), number: ' B ', currency: 'chf', notes: '  ' })).toMatchObject({
      number: 'B',
      currency: 'CHF',
      notes: null,
    }));

  it('name the columns that were edited', () =>
    expect(columnsOf({ userId: true, amount: true, notes: false })).toEqual(new Set(['user_id', 'amount_cents'])));

  it('begin as a draft to be paid in thirty days', () =>
    expect(fieldsOfNew('u', Date.UTC(2026, 0, 1))).toMatchObject({
      status: 'draft',
      dueOn: '2026-01-31',
      userId: 'u',
    }));
});
