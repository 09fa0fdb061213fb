import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import type { Invoice } from '../invoices/invoice.js';
import { insertInto } from '../sql/statements.js';
import { useExecute } from '../sql/use-execute.js';
import { Field } from '../ui/field.js';
import { checkPayment, editableMoney, parseMoney, restOf } from '../ui/money.js';
import { useSave } from '../ui/use-save.js';
import { methodLabel, PAYMENT_METHODS, PAYMENT_STATUSES, type PaymentMethod, type PaymentStatus } from './payment.js';

interface FormValues {
  readonly amount: string;
  readonly method: PaymentMethod;
  readonly status: PaymentStatus;
  readonly reference: string;
}

export interface AddPaymentProps {
  readonly invoice: Invoice;
  readonly tenantId: string;
}

/** Begins anew after each payment, with what is then left to pay. */
export function AddPayment(props: AddPaymentProps) {
  const [added, setAdded] = useState(0);
  return <PaymentForm key={added} {...props} onAdded={() => setAdded(added + 1)} />;
}

function PaymentForm({ invoice, tenantId, onAdded }: AddPaymentProps & { readonly onAdded: () => void }) {
  const execute = useExecute();
  const amount = editableMoney(restOf(invoice.amount_cents, invoice.paid_cents));
  const form = useForm<FormValues>({
    values: { amount, method: 'card', status: 'succeeded', reference: '' },
    resetOptions: { keepDirtyValues: true },
  });
  const { errors } = form.formState;
  const { error, saving, save } = useSave(onAdded);

  const submit = form.handleSubmit((values) =>
    save(() =>
      execute(
        insertInto('payments', {
          tenant_id: tenantId,
          invoice_id: invoice.id,
          amount_cents: parseMoney(values.amount),
          currency: invoice.currency,
          method: values.method,
          status: values.status,
          paid_at: values.status === 'succeeded' ? new Date().toISOString() : null,
          reference: values.reference.trim() || null,
        }),
      ),
    ),
  );

  return (
    <form className="add-payment" onSubmit={submit} noValidate>
      <Field label={`Amount, ${invoice.currency}`} error={errors.amount?.message}>
        <input
          inputMode="decimal"
          {...form.register('amount', {
            validate: checkPayment,
          })}
        />
      </Field>
      <Field label="By">
        <select {...form.register('method')}>
          {PAYMENT_METHODS.map((method) => (
            <option key={method} value={method}>
              {methodLabel(method)}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Status">
        <select {...form.register('status')}>
          {PAYMENT_STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </Field>
      <Field label="Reference">
        <input {...form.register('reference')} />
      </Field>
      <button type="submit" disabled={saving}>
        <Plus size={16} aria-hidden="true" /> Add payment
      </button>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
