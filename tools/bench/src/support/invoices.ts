/** The tenant whose rows are measured, and who sees them. */
export const TENANT = { id: '00000000-0000-4000-8000-00000000be01', slug: 'bench' } as const;
export const USER = { id: '00000000-0000-4000-8000-00000000be02', email: 'bench@example.com', role: 'admin' } as const;

export const TENANT_SQL = /* sql */ `
  insert into tenants (id, name, slug, created_at, updated_at)
  values ('${TENANT.id}', 'Bench', '${TENANT.slug}', '2026-01-01', '2026-01-01');
  insert into users (id, tenant_id, email, display_name, role, created_at, updated_at)
  values ('${USER.id}', '${TENANT.id}', '${USER.email}', 'Bench', '${USER.role}', '2026-01-01', '2026-01-01');`;

/** Half of all invoices have a note, of a few words out of these. */
const WORDS = ['stoneground', 'flour', 'rye', 'spelt', 'delivery', 'sack', 'returned', 'monthly', 'bakery', 'order'];

/**
 * SQL that makes the invoices `from` to `to`. The number alone decides a row's values, so that every run and every machine has the same
 * bytes: ids look random, amounts and times vary, as real ones do.
 */
export function invoicesSql(from: number, to: number): string {
  const hash = (salt: string) => `md5('${salt}' || n)`;
  const spread = (salt: string, below: number) => `(('x' || left(${hash(salt)}, 7))::bit(28)::int % ${below})`;
  const word = (salt: string) => `(array['${WORDS.join("','")}'])[1 + ${spread(salt, WORDS.length)}]`;
  return /* sql */ `
    insert into invoices (id, tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at, notes, created_at, updated_at)
    select overlay(overlay(${hash('id')} placing '4' from 13) placing '8' from 17)::uuid, '${TENANT.id}', '${USER.id}', 'B-' || lpad(n::text, 7, '0'),
      (array['draft', 'open', 'paid', 'paid', 'paid', 'void'])[1 + ${spread('status', 6)}]::invoice_status, 'EUR', ${spread('amount', 500_000)},
      issued_at, issued_at + interval '30 days', case when n % 2 = 0 then ${word('a')} || ' ' || ${word('b')} || ', ' || ${spread('c', 900)} || ' kg' end,
      issued_at, issued_at
    from (select n, timestamptz '2024-01-01' + make_interval(secs => ${spread('at', 60_000_000)}) as issued_at from generate_series(${from}, ${to}) n) numbered`;
}

/** One of the rows, for updates. */
export const invoiceNumber = (n: number): string => `B-${String(n).padStart(7, '0')}`;
