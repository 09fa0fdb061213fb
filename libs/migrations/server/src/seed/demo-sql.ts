/** Ids are fixed, so that a demo can be linked to and a second seed finds the first. */
export const DEMO_TENANT_ID = '5eed0001-0000-4000-8000-000000000001';

/** A small mill and its customers, in plain SQL, as any outside program would write them. */
export const DEMO_SQL = /* sql */ `
insert into tenants (id, name, slug) values ('${DEMO_TENANT_ID}', 'Riverside Mill', 'riverside-mill');

insert into users (id, tenant_id, email, display_name, role)
select ('5eed0002-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '${DEMO_TENANT_ID}', email, display_name, role
from (values
  (1, 'ada@riverside-mill.example', 'Ada Miller', 'admin'),
  (2, 'ben@riverside-mill.example', 'Ben Weir', 'member'),
  (3, 'cleo@riverside-mill.example', 'Cleo Sluice', 'member')
) as demo (n, email, display_name, role);

insert into profiles (id, tenant_id, user_id, company, address, city, country, postal_code, phone, preferences)
select ('5eed0003-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '${DEMO_TENANT_ID}',
  ('5eed0002-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, company, address, city, country, postal_code, phone, preferences::jsonb
from (values
  (1, 'Riverside Mill Ltd', '1 Mill Lane', 'Leeds', 'United Kingdom', 'LS1 4AP', '+44 113 496 0101', '{"theme": "light"}'),
  (2, 'Weir & Sons', '12 Bridge End', 'Hexham', 'United Kingdom', 'NE46 1XD', '+44 1434 496 0102', '{}'),
  (3, null, null, 'Dublin', 'Ireland', null, null, '{"theme": "dark"}')
) as demo (n, company, address, city, country, postal_code, phone, preferences);

insert into invoices (id, tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at, notes)
select ('5eed0004-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '${DEMO_TENANT_ID}',
  ('5eed0002-0000-4000-8000-' || lpad(customer::text, 12, '0'))::uuid, 'RM-' || lpad(n::text, 4, '0'), status::invoice_status, 'EUR',
  amount_cents, issued_at::timestamptz, issued_at::timestamptz + interval '30 days', notes
from (values
  (1, 2, 'paid', 124000, '2026-07-03 09:00+00', 'Stoneground flour, 400 kg'),
  (2, 3, 'paid', 38950, '2026-07-14 10:30+00', null),
  (3, 2, 'paid', 9900, '2026-08-01 08:15+00', 'Delivery'),
  (4, 3, 'paid', 251075, '2026-08-12 13:00+00', 'Rye and spelt'),
  (5, 2, 'void', 124000, '2026-08-20 09:00+00', 'Entered twice'),
  (6, 2, 'paid', 130500, '2026-09-02 09:00+00', null),
  (7, 3, 'open', 40210, '2026-09-15 11:45+00', null),
  (8, 2, 'open', 9900, '2026-10-01 08:15+00', 'Delivery'),
  (9, 3, 'open', 262000, '2026-10-13 13:00+00', 'Rye and spelt'),
  (10, 2, 'open', 131250, '2026-11-02 09:00+00', null),
  (11, 3, 'draft', 0, '2026-11-16 16:20+00', 'Samples'),
  (12, 2, 'draft', 9900, '2026-11-20 08:15+00', 'Delivery')
) as demo (n, customer, status, amount_cents, issued_at, notes);

insert into payments (id, tenant_id, invoice_id, amount_cents, currency, method, status, paid_at, reference)
select ('5eed0005-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '${DEMO_TENANT_ID}', invoices.id, invoices.amount_cents, 'EUR',
  demo.method::payment_method, demo.status::payment_status, paid_at::timestamptz, reference
from (values
  (1, 'RM-0001', 'bank_transfer', 'succeeded', '2026-07-20 10:00+00', 'RM-0001'),
  (2, 'RM-0002', 'card', 'succeeded', '2026-07-14 10:31+00', null),
  (3, 'RM-0003', 'cash', 'succeeded', '2026-08-01 08:40+00', null),
  (4, 'RM-0004', 'card', 'failed', null, 'card declined'),
  (5, 'RM-0004', 'card', 'succeeded', '2026-08-13 09:12+00', null),
  (6, 'RM-0006', 'bank_transfer', 'succeeded', '2026-09-18 10:00+00', 'RM-0006'),
  (7, 'RM-0009', 'bank_transfer', 'pending', null, 'RM-0009')
) as demo (n, number, method, status, paid_at, reference)
join invoices on invoices.tenant_id = '${DEMO_TENANT_ID}' and invoices.number = demo.number;
`;
