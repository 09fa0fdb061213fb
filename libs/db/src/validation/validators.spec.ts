import type { Row } from '@millrace/kernel';
import { validators } from './validators.js';

const ID = '3c1e4a52-9f0b-1d11-c0de-000000000001';
const KEPT = { created_at: '2026-01-01 00:00:00+00', updated_at: '2026-01-01 00:00:00+00', version: '1' };

const VALID: Readonly<Record<string, Row>> = {
  tenants: { id: ID, name: 'Riverside', slug: 'river-side-2', ...KEPT },
  users: { id: ID, tenant_id: ID, email: 'a@b.example', display_name: 'Ada', role: 'member', ...KEPT },
  profiles: {
    id: ID,
    tenant_id: ID,
    user_id: ID,
    company: null,
    address: null,
    city: null,
    country: null,
    postal_code: null,
    phone: null,
    bio: 'Zoë 🌾',
    preferences: '{"theme": "dark"}',
    ...KEPT,
  },
  invoices: {
    id: ID,
    tenant_id: ID,
    user_id: ID,
    number: 'A-1',
    status: 'draft',
    currency: 'EUR',
    amount_cents: '9007199254740993',
    issued_at: '2026-01-01 00:00:00+00',
    due_at: '2026-01-31 00:00:00+00',
    notes: null,
    ...KEPT,
  },
  payments: {
    id: ID,
    tenant_id: ID,
    invoice_id: ID,
    amount_cents: '0',
    currency: 'EUR',
    method: 'bank_transfer',
    status: 'pending',
    paid_at: null,
    reference: null,
    ...KEPT,
  },
};

function validate(table: string, change: Row) {
  return validators.validate(table, { ...VALID[table], ...change }, Object.keys(change));
}

describe('validators', () => {
  it.each(Object.keys(VALID))('%s: a valid row', (table) => {
    const row = VALID[table] as Row;
    expect(validators.validate(table, row, Object.keys(row))).toEqual([]);
  });

  it.each<[string, Row, string]>([
    ['tenants', { name: '' }, 'name'],
    ['tenants', { slug: 'River Side' }, 'slug'],
    ['users', { email: 'nobody' }, 'email'],
    ['users', { role: 'owner' }, 'role'],
    ['users', { display_name: null }, 'display_name'],
    ['users', { tenant_id: 'mine' }, 'tenant_id'],
    ['profiles', { preferences: '[1' }, 'preferences'],
    ['profiles', { preferences: null }, 'preferences'],
    ['profiles', { phone: '1'.repeat(41) }, 'phone'],
    ['invoices', { number: '' }, 'number'],
    ['invoices', { status: 'lost' }, 'status'],
    ['invoices', { currency: 'eur' }, 'currency'],
    ['invoices', { amount_cents: '-1' }, 'amount_cents'],
    ['invoices', { amount_cents: '9223372036854775808' }, 'amount_cents'],
    ['invoices', { amount_cents: '1e3' }, 'amount_cents'],
    ['invoices', { issued_at: 'today' }, 'issued_at'],
    ['invoices', { due_at: '2025-12-31 23:59:59.999999+00' }, 'due_at'],
    ['payments', { method: 'barter' }, 'method'],
    ['payments', { paid_at: '2026-02-30 00:00:00+00' }, 'paid_at'],
  ])('%s: %j is refused on %s', (table, change, column) => {
    expect(validate(table, change).map((issue) => issue.column)).toEqual([column]);
  });

  it('asks a rule between two columns again when only the other one changes', () => {
    expect(validate('invoices', { issued_at: '2026-06-01 00:00:00+00' })).toEqual([
      { column: 'due_at', message: 'dueAt must not be before issuedAt' },
    ]);
  });

  it('says nothing of what the row held before this write', () => {
    const row = { ...VALID['invoices'], currency: 'eur', due_at: '2000-01-01 00:00:00+00', notes: 'new' };
    expect(validators.validate('invoices', row, ['notes'])).toEqual([]);
  });

  it('never quotes a value (I8)', () => {
    const issues = validate('users', { email: 's3cret' });
    expect(JSON.stringify(issues)).not.toContain('s3cret');
  });

  it('does not read a column from the prototype', () => {
    const row = Object.assign(Object.create({ currency: 'eur' }) as Record<string, string>, { notes: 'x' });
    expect(validators.validate('invoices', row, ['notes'])).toEqual([]);
  });

  it('takes tables that it does not know for valid', () => {
    expect(validators.validate('constructor', { a: '1' }, ['a'])).toEqual([]);
  });
});
