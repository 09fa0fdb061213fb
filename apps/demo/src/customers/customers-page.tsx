import { useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { useState } from 'react';
import { usePendingIds } from '../pending/use-pending-ids.js';
import { ListCount } from '../ui/list-count.js';
import { Notice } from '../ui/notice.js';
import { QueryFailure } from '../ui/query-failure.js';
import { useSettled } from '../ui/use-settled.js';
import { VirtualList } from '../ui/virtual-list.js';
import { CUSTOMERS, type ListedCustomer } from './customer.js';
import { CustomerRow } from './customer-row.js';
import { EditCustomer } from './edit-customer.js';

export function CustomersPage({ user }: { readonly user: DevUser }) {
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState<string | null>(null);
  const { rows, loading, error } = useQuery<ListedCustomer>(CUSTOMERS, [useSettled(search.trim())]);
  const users = usePendingIds('users');
  const profiles = usePendingIds('profiles');
  const isPending = ({ id, profile_id }: ListedCustomer) =>
    users.has(id) || (profile_id !== null && profiles.has(profile_id));
  if (error) return <QueryFailure what="Customers" error={error} />;
  return (
    <section className="page">
      <div className="tools">
        <input
          type="search"
          placeholder="Find a customer"
          aria-label="Find a customer"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {!loading && <ListCount shown={rows.length} total={rows[0]?.total} noun="customer" />}
      </div>
      {rows.length > 0 && (
        <VirtualList
          items={rows}
          keyOf={(customer) => customer.id}
          rowHeight={56}
          renderRow={(customer) => <CustomerRow customer={customer} pending={isPending(customer)} onOpen={setOpened} />}
        />
      )}
      {rows.length === 0 && !loading && <Nobody search={search} onAll={() => setSearch('')} />}
      {opened && <EditCustomer key={opened} id={opened} user={user} onClose={() => setOpened(null)} />}
    </section>
  );
}

function Nobody({ search, onAll }: { readonly search: string; readonly onAll: () => void }) {
  if (!search) return <Notice title="No customers yet" />;
  return <Notice title="Nobody matches" actions={[{ label: 'Show all', run: onAll }]} />;
}
