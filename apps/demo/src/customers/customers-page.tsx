import { useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { useState } from 'react';
import { Notice } from '../ui/notice.js';
import { VirtualList } from '../ui/virtual-list.js';
import { CustomerForm } from './customer-form.js';

export interface Customer {
  readonly id: string;
  readonly profile_id: string | null;
  readonly display_name: string;
  readonly email: string;
  readonly company: string | null;
  readonly phone: string | null;
  readonly address: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly postal_code: string | null;
  readonly bio: string | null;
  readonly invoices: string;
}

const CUSTOMERS = `
  select u.id, u.display_name, u.email, p.id as profile_id, p.company, p.phone, p.address, p.city, p.country, p.postal_code, p.bio,
         (select count(*) from invoices i where i.user_id = u.id)::text as invoices
    from users u left join profiles p on p.user_id = u.id
   where $1 = '' or concat_ws(' ', u.display_name, u.email, p.company, p.city, p.country) ilike '%' || $1 || '%'
   order by lower(u.display_name), u.id`;

export function CustomersPage({ user }: { readonly user: DevUser }) {
  const [search, setSearch] = useState('');
  const [edited, setEdited] = useState<Customer | null>(null);
  const { rows, error } = useQuery<Customer>(CUSTOMERS, [search]);
  if (error) return <Notice title="Customers cannot be shown" detail={error.message} />;
  return (
    <section className="page">
      <div className="tools">
        <input type="search" placeholder="Find a customer" aria-label="Find a customer" value={search} onChange={(event) => setSearch(event.target.value)} />
        <span className="muted">{rows.length} customers</span>
      </div>
      {rows.length === 0 ? (
        <Notice title={search ? 'Nobody matches' : 'No customers yet'} />
      ) : (
        <VirtualList
          items={rows}
          keyOf={(customer) => customer.id}
          rowHeight={56}
          renderRow={(customer) => (
            <button type="button" className="row customer" onClick={() => setEdited(customer)}>
              <span>
                <strong>{customer.display_name}</strong>
                <small className="muted">{customer.company ?? customer.email}</small>
              </span>
              <span className="muted">{[customer.city, customer.country].filter(Boolean).join(', ')}</span>
              <span className="muted">{customer.invoices} invoices</span>
            </button>
          )}
        />
      )}
      {edited && <CustomerForm customer={edited} user={user} onClose={() => setEdited(null)} />}
    </section>
  );
}
