import type { Values } from '../sql/statements.js';
import { editableMoney, parseMoney } from '../ui/money.js';
import type { Invoice, InvoiceStatus } from './invoice.js';

/** What the form holds: text, as typed. */
export interface InvoiceFields {
  readonly number: string;
  readonly userId: string;
  readonly status: InvoiceStatus;
  readonly amount: string;
  readonly currency: string;
  readonly dueOn: string;
  readonly notes: string;
}

const DAY_MS = 86_400_000;
const DAYS_TO_PAY = 30;

/** Field → column. */
const COLUMN_OF = {
  number: 'number',
  userId: 'user_id',
  status: 'status',
  amount: 'amount_cents',
  currency: 'currency',
  dueOn: 'due_at',
  notes: 'notes',
} as const satisfies Record<keyof InvoiceFields, string>;

export function fieldsOfNew(userId: string, now: number): InvoiceFields {
  const dueOn = new Date(now + DAYS_TO_PAY * DAY_MS).toISOString().slice(0, 10);
  return { number: '', userId, status: 'draft', amount: '', currency: 'EUR', dueOn, notes: '' };
}

export function fieldsOf(invoice: Invoice): InvoiceFields {
  return {
    number: invoice.number,
    userId: invoice.user_id,
    status: invoice.status,
    amount: editableMoney(invoice.amount_cents),
    currency: invoice.currency,
    dueOn: invoice.due_on,
    notes: invoice.notes ?? '',
  };
}

/** Column → value as text. An invoice is due at the end of its day. */
export function valuesOf(fields: InvoiceFields): Values {
  return {
    number: fields.number.trim(),
    user_id: fields.userId,
    status: fields.status,
    amount_cents: parseMoney(fields.amount),
    currency: fields.currency.trim().toUpperCase(),
    due_at: `${fields.dueOn}T23:59:59Z`,
    notes: fields.notes.trim() || null,
  };
}

/** The columns of the fields that were edited. */
export function columnsOf(dirty: Partial<Record<keyof InvoiceFields, unknown>>): ReadonlySet<string> {
  const fields = Object.keys(COLUMN_OF) as (keyof InvoiceFields)[];
  return new Set(fields.filter((field) => dirty[field]).map((field) => COLUMN_OF[field]));
}
