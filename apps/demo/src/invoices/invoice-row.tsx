import { PendingMark } from '../pending/pending-mark.js';
import { formatMoney } from '../ui/money.js';
import type { ListedInvoice } from './invoice.js';

export interface InvoiceRowProps {
  readonly invoice: ListedInvoice;
  readonly pending: boolean;
  readonly onOpen: (id: string) => void;
}

export function InvoiceRow({ invoice, pending, onOpen }: InvoiceRowProps) {
  return (
    <button type="button" className="row invoice" data-number={invoice.number} onClick={() => onOpen(invoice.id)}>
      <span className="name">
        <strong>
          {invoice.number} {pending && <PendingMark />}
        </strong>
        <small className="muted clip">{invoice.customer ?? 'unknown customer'}</small>
      </span>
      <span className="muted clip wide">{invoice.notes}</span>
      <span className="muted wide">due {invoice.due_on}</span>
      <span>
        <span className={`tag ${invoice.status}`}>{invoice.status}</span>
      </span>
      <span className="amount">{formatMoney(invoice.amount_cents, invoice.currency)}</span>
    </button>
  );
}
