import { useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { usePendingIds } from '../pending/use-pending-ids.js';
import { ListCount } from '../ui/list-count.js';
import { Notice } from '../ui/notice.js';
import { QueryFailure } from '../ui/query-failure.js';
import { useSettled } from '../ui/use-settled.js';
import { VirtualList } from '../ui/virtual-list.js';
import { EditInvoice } from './edit-invoice.js';
import { INVOICES, type ListedInvoice } from './invoice.js';
import { InvoiceFilter, NO_FILTER } from './invoice-filter.js';
import { InvoiceRow } from './invoice-row.js';
import { NewInvoice } from './new-invoice.js';

const NEW = Symbol('a new invoice');

export function InvoicesPage({ user }: { readonly user: DevUser }) {
  const [filter, setFilter] = useState(NO_FILTER);
  const [opened, setOpened] = useState<string | typeof NEW | null>(null);
  const search = useSettled(filter.search.trim());
  const { rows, loading, error } = useQuery<ListedInvoice>(INVOICES, [search, filter.status]);
  const pending = usePendingIds('invoices');
  const close = () => setOpened(null);
  if (error) return <QueryFailure what="Invoices" error={error} />;
  return (
    <section className="page">
      <div className="tools">
        <InvoiceFilter filter={filter} onChange={setFilter} />
        {!loading && <ListCount shown={rows.length} total={rows[0]?.total} noun="invoice" />}
        <span className="grow" />
        <button type="button" className="primary" onClick={() => setOpened(NEW)}>
          <Plus size={16} aria-hidden="true" /> New invoice
        </button>
      </div>
      {rows.length > 0 && (
        <VirtualList
          items={rows}
          keyOf={(invoice) => invoice.id}
          rowHeight={56}
          renderRow={(invoice) => <InvoiceRow invoice={invoice} pending={pending.has(invoice.id)} onOpen={setOpened} />}
        />
      )}
      {rows.length === 0 && !loading && (
        <NoInvoices filtered={filter !== NO_FILTER} onAll={() => setFilter(NO_FILTER)} />
      )}
      {opened === NEW && <NewInvoice user={user} onClose={close} />}
      {typeof opened === 'string' && <EditInvoice key={opened} id={opened} user={user} onClose={close} />}
    </section>
  );
}

function NoInvoices({ filtered, onAll }: { readonly filtered: boolean; readonly onAll: () => void }) {
  if (!filtered) return <Notice title="No invoices yet" detail="Write the first one with “New invoice”." />;
  return <Notice title="No invoice matches" actions={[{ label: 'Show all', run: onAll }]} />;
}
