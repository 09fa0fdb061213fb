import { useQuery } from '@millrace/pglite-client/react';
import type { Invoice } from '../invoices/invoice.js';
import { usePendingIds } from '../pending/use-pending-ids.js';
import { formatMoney } from '../ui/money.js';
import { AddPayment } from './add-payment.js';
import { PaymentRow } from './payment-row.js';
import { PAYMENTS, type Payment } from './payment.js';

/** What came in for an invoice, and what is still to come. */
export function PaymentsSection({ invoice, tenantId }: { readonly invoice: Invoice; readonly tenantId: string }) {
  const { rows, loading, error } = useQuery<Payment>(PAYMENTS, [invoice.id]);
  const pending = usePendingIds('payments');
  return (
    <section className="payments" aria-label="Payments">
      <header>
        <h3>Payments</h3>
        <span className="muted">
          {formatMoney(invoice.paid_cents, invoice.currency)} of {formatMoney(invoice.amount_cents, invoice.currency)}{' '}
          paid
        </span>
      </header>
      {error && <p className="error">{error.message}</p>}
      {!loading && !error && rows.length === 0 && <p className="muted">No payments yet.</p>}
      <ul>
        {rows.map((payment) => (
          <li key={payment.id}>
            <PaymentRow payment={payment} pending={pending.has(payment.id)} />
          </li>
        ))}
      </ul>
      <AddPayment invoice={invoice} tenantId={tenantId} />
    </section>
  );
}
