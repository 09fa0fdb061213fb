import type { PendingMutation } from '@millrace/pglite-client/react';
import { formatMoney } from '../ui/money.js';

type Change = PendingMutation['changes'][number];

const NOUNS: Readonly<Record<string, string>> = {
  invoices: 'invoice',
  payments: 'payment',
  profiles: 'profile',
  users: 'customer',
  tenants: 'company',
};
const VERBS = { insert: 'New', update: 'Changed', delete: 'Deleted' } as const;
/** Columns that say nothing to people. */
const HIDDEN = new Set(['id', 'tenant_id', 'user_id', 'invoice_id', 'created_at', 'updated_at', 'version']);
const LONGEST = 60;

/** Invoice id → number, for changes that do not name the invoice themselves. */
export type InvoiceNumbers = ReadonlyMap<string, string>;

/** One recorded change in words: what it is, and what it sets. */
export function describeChange(
  change: Change,
  numbers: InvoiceNumbers = new Map(),
): { readonly what: string; readonly values: readonly string[] } {
  const name = nameOf(change, numbers);
  const noun = NOUNS[change.table] ?? change.table;
  const what = `${VERBS[change.operation]} ${noun}${name === null ? '' : ` ${name}`}`;
  if (change.operation === 'delete') return { what, values: [] };
  const shown = Object.entries(change.set).filter(
    ([column, value]) => !HIDDEN.has(column) && (change.operation === 'update' || value !== null),
  );
  return { what, values: shown.map(([column, value]) => describeValue(change, column, value)) };
}

function nameOf({ table, set, old, ...change }: Change, numbers: InvoiceNumbers): string | null {
  const own = set['number'] ?? old['number'] ?? set['display_name'] ?? old['display_name'] ?? null;
  const number = numbers.get(invoiceOf({ table, set, old, ...change }) ?? '');
  if (table === 'payments') return number === undefined ? null : `of invoice ${number}`;
  return own ?? number ?? null;
}

/** Id of the invoice that a change is about; null if it is about none. */
export function invoiceOf({ table, key, set, old }: Change): string | null {
  if (table === 'invoices') return key['id'] ?? null;
  return table === 'payments' ? (set['invoice_id'] ?? old['invoice_id'] ?? null) : null;
}

/** A column's name for people. */
export function describeColumn(column: string): string {
  return column.replace(/_cents$/, '').replaceAll('_', ' ');
}

function describeValue({ operation, set, old }: Change, column: string, value: string | null): string {
  const currency = set['currency'] ?? old['currency'] ?? '';
  const show = (text: string | null) =>
    text !== null && column.endsWith('_cents') ? formatMoney(text, currency).trim() : shorten(text);
  const label = describeColumn(column);
  return operation === 'update' && column in old
    ? `${label}: ${show(old[column] ?? null)} → ${show(value)}`
    : `${label}: ${show(value)}`;
}

function shorten(value: string | null): string {
  if (value === null) return 'none';
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}
