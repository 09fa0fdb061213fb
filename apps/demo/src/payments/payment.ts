/** A payment as an invoice lists it; values as the local database returns them. */
export interface Payment {
  readonly id: string;
  readonly amount_cents: string;
  readonly currency: string;
  readonly method: PaymentMethod;
  readonly status: PaymentStatus;
  readonly paid_on: string | null;
  readonly reference: string | null;
}

export const PAYMENT_METHODS = ['card', 'bank_transfer', 'cash'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export const PAYMENT_STATUSES = ['pending', 'succeeded', 'failed', 'refunded'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** $1: the invoice. */
export const PAYMENTS = `
  select id, amount_cents, currency, method, status, to_char(paid_at, 'YYYY-MM-DD') as paid_on, reference
    from payments where invoice_id = $1
   order by coalesce(paid_at, created_at), id`;

/** `bank_transfer` → `bank transfer`. */
export function methodLabel(method: PaymentMethod): string {
  return method.replaceAll('_', ' ');
}

/** What a change of status writes: money that arrives has a day, money that never came has none. */
export function statusValues(payment: Payment, status: PaymentStatus, now: string): Record<string, string | null> {
  if (status === payment.status) return {};
  if (status === 'succeeded') return payment.paid_on === null ? { status, paid_at: now } : { status };
  return status === 'refunded' || payment.paid_on === null ? { status } : { status, paid_at: null };
}
