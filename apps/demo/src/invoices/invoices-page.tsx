import { useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { formatMoney } from '../ui/money.js';
import { Notice } from '../ui/notice.js';
import { VirtualList } from '../ui/virtual-list.js';
import { InvoiceForm } from './invoice-form.js';
import { INVOICE_STATUSES, INVOICES, type Invoice } from './invoice.js';

export function InvoicesPage({ user }: { readonly user: DevUser }) {
  const [search, setSearch] = useState('');
  const [status, setStatus] = useState('');
  const [edited, setEdited] = useState<Invoice | 'new' | null>(null);
  const { rows, error } = useQuery<Invoice>(INVOICES, [search, status]);
  if (error) return <Notice title="Invoices cannot be shown" detail={error.message} />;
  return (
    <section className="page">
      <div className="tools">
        <input type="search" placeholder="Find an invoice" aria-label="Find an invoice" value={search} onChange={(event) => setSearch(event.target.value)} />
        <select aria-label="Status" value={status} onChange={(event) => setStatus(event.target.value)}>
          <option value="">All</option>
          {INVOICE_STATUSES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <span className="muted">{rows.length} invoices</span>
        <span className="grow" />
        <button type="button" className="primary" onClick={() => setEdited('new')}>
          <Plus size={16} /> New invoice
        </button>
      </div>
      {rows.length === 0 ? (
        <Notice title={search || status ? 'No invoice matches' : 'No invoices yet'} />
      ) : (
        <VirtualList items={rows} keyOf={(invoice) => invoice.id} rowHeight={56} renderRow={(invoice) => <InvoiceRow invoice={invoice} onOpen={setEdited} />} />
      )}
      {edited && <InvoiceForm invoice={edited === 'new' ? null : edited} user={user} onClose={() => setEdited(null)} />}
    </section>
  );
}

function InvoiceRow({ invoice, onOpen }: { readonly invoice: Invoice; readonly onOpen: (invoice: Invoice) => void }) {
  return (
    <button type="button" className="row invoice" data-number={invoice.number} onClick={() => onOpen(invoice)}>
      <span>
        <strong>{invoice.number}</strong>
        <small className="muted">{invoice.customer ?? 'unknown customer'}</small>
      </span>
      <span className="muted clip">{invoice.notes}</span>
      <span className="muted">due {invoice.due_on}</span>
      <span className={`tag ${invoice.status}`}>{invoice.status}</span>
      <span className="amount">{formatMoney(invoice.amount_cents, invoice.currency)}</span>
    </button>
  );
}
