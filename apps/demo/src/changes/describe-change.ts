import type { PendingMutation } from '@millrace/pglite-client/react';

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

/** One recorded change in words: what it is, and what it sets. */
export function describeChange(change: Change): { readonly what: string; readonly values: readonly string[] } {
  const name = change.set['number'] ?? change.old['number'] ?? change.set['display_name'] ?? null;
  const noun = NOUNS[change.table] ?? change.table;
  const what = `${VERBS[change.operation]} ${noun}${name === null ? '' : ` ${name}`}`;
  if (change.operation === 'delete') return { what, values: [] };
  const shown = Object.entries(change.set).filter(
    ([column, value]) => !HIDDEN.has(column) && (change.operation === 'update' || value !== null),
  );
  return { what, values: shown.map(([column, value]) => describeValue(change, column, value)) };
}

function describeValue({ operation, old }: Change, column: string, value: string | null): string {
  const label = column.replaceAll('_', ' ');
  const next = shorten(value);
  return operation === 'update' && column in old
    ? `${label}: ${shorten(old[column] ?? null)} → ${next}`
    : `${label}: ${next}`;
}

function shorten(value: string | null): string {
  if (value === null) return 'none';
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}
