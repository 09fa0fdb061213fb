/** An outside program's transaction: two tenants with people, invoices and payments, in the demo's tables. */
export const TENANTS = ['north', 'south'] as const;
export const PEOPLE = 20;
export const INVOICES = 120;

const id = (kind: string, n = 'n') => `md5('${kind}:' || t.slug || ':' || ${n})::uuid`;

export const TWO_TENANTS = `
  begin;
  insert into tenants (id, name, slug) select md5('tenant:' || slug)::uuid, initcap(slug) || ' Mills', slug from unnest(array['${TENANTS.join("', '")}']) slug;
  insert into users (id, tenant_id, email, display_name, role)
    select ${id('user')}, t.id, 'person' || n || '@' || t.slug || '.example', 'Person ' || n || ' Ünïcode 💧', case when n = 1 then 'admin' else 'member' end
      from tenants t, generate_series(1, ${PEOPLE}) n where t.slug in ('${TENANTS.join("', '")}');
  insert into profiles (id, tenant_id, user_id, company, city, preferences)
    select ${id('profile')}, t.id, ${id('user')}, 'Company ' || n, 'Città ' || n, jsonb_build_object('big', 12345678901234567890.5, 'n', null)
      from tenants t, generate_series(1, ${PEOPLE}) n where t.slug in ('${TENANTS.join("', '")}');
  insert into invoices (id, tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at, notes)
    select ${id('invoice')}, t.id, ${id('user', `1 + n % ${PEOPLE}`)}, 'N-' || lpad(n::text, 6, '0'), 'paid', 'EUR', 9007199254740993 + n,
           timestamptz '2026-01-01 00:00+00' + n * interval '1 hour', timestamptz '2026-02-01 00:00+00' + n * interval '1 hour', null
      from tenants t, generate_series(1, ${INVOICES}) n where t.slug in ('${TENANTS.join("', '")}');
  insert into payments (id, tenant_id, invoice_id, amount_cents, currency, method, status, paid_at)
    select ${id('payment')}, t.id, ${id('invoice')}, 100 + n, 'EUR', 'card', 'succeeded', timestamptz '2026-01-15 12:00:00.123456+00'
      from tenants t, generate_series(1, ${INVOICES}) n where t.slug in ('${TENANTS.join("', '")}');
  commit;
`;

/** What the transaction above puts into history. */
export const TWO_TENANTS_ROWS = {
  tenants: 2,
  users: 2 * PEOPLE,
  profiles: 2 * PEOPLE,
  invoices: 2 * INVOICES,
  payments: 2 * INVOICES,
} as const;
