import { PendingMark } from '../pending/pending-mark.js';
import type { ListedCustomer } from './customer.js';

export interface CustomerRowProps {
  readonly customer: ListedCustomer;
  readonly pending: boolean;
  readonly onOpen: (id: string) => void;
}

export function CustomerRow({ customer, pending, onOpen }: CustomerRowProps) {
  const place = [customer.city, customer.country].filter(Boolean).join(', ');
  return (
    <button type="button" className="row customer" data-email={customer.email} onClick={() => onOpen(customer.id)}>
      <span className="name">
        <strong>
          {customer.display_name} {pending && <PendingMark />}
        </strong>
        <small className="muted clip">{customer.company ?? customer.email}</small>
      </span>
      <span className="muted clip">{place}</span>
      <span className="muted wide">
        {customer.invoices} {customer.invoices === '1' ? 'invoice' : 'invoices'}
      </span>
    </button>
  );
}
