import { statusValues, type Payment } from './payment.js';

const payment: Payment = {
  id: '1',
  amount_cents: '100',
  currency: 'EUR',
  method: 'card',
  status: 'pending',
  paid_on: null,
  reference: null,
};
const paid: Payment = { ...payment, status: 'succeeded', paid_on: '2026-01-01' };

describe('a payment’s status', () => {
  it('gives the day when money arrives', () =>
    expect(statusValues(payment, 'succeeded', 'now')).toEqual({ status: 'succeeded', paid_at: 'now' }));
  it('keeps the day of what is refunded', () =>
    expect(statusValues(paid, 'refunded', 'now')).toEqual({ status: 'refunded' }));
  it('takes the day from what failed after all', () =>
    expect(statusValues(paid, 'failed', 'now')).toEqual({ status: 'failed', paid_at: null }));
  it('writes nothing if nothing changes', () => expect(statusValues(paid, 'succeeded', 'now')).toEqual({}));
});
