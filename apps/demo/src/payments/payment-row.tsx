import { PendingMark } from '../pending/pending-mark.js';
import { updateById } from '../sql/statements.js';
import { useExecute } from '../sql/use-execute.js';
import { formatMoney } from '../ui/money.js';
import { useSave } from '../ui/use-save.js';
import { methodLabel, PAYMENT_STATUSES, statusValues, type Payment, type PaymentStatus } from './payment.js';

export function PaymentRow({ payment, pending }: { readonly payment: Payment; readonly pending: boolean }) {
  const execute = useExecute();
  const { error, saving, save } = useSave(() => undefined);
  const choose = (status: PaymentStatus) =>
    save(() => execute(updateById('payments', payment.id, statusValues(payment, status, new Date().toISOString()))));
  return (
    <div className="payment">
      <span className="amount">{formatMoney(payment.amount_cents, payment.currency)}</span>
      <span className="muted clip">
        {methodLabel(payment.method)}
        {payment.paid_on && `, ${payment.paid_on}`}
        {payment.reference && `, ${payment.reference}`}
      </span>
      {pending && <PendingMark />}
      <select
        aria-label="Payment status"
        value={payment.status}
        disabled={saving}
        onChange={(event) => void choose(event.target.value as PaymentStatus)}
      >
        {PAYMENT_STATUSES.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </select>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
