import type { UseFormReturn } from 'react-hook-form';
import { Field } from '../ui/field.js';
import { checkMoney } from '../ui/money.js';
import { CustomerSelect } from './customer-select.js';
import { INVOICE_STATUSES } from './invoice.js';
import type { InvoiceFields } from './invoice-values.js';

export function InvoiceFieldset({ form }: { readonly form: UseFormReturn<InvoiceFields> }) {
  const { register, control, formState } = form;
  const { errors } = formState;
  return (
    <>
      <div className="pair">
        <Field label="Number" error={errors.number?.message}>
          <input {...register('number', { required: 'An invoice needs a number' })} />
        </Field>
        <Field label="Status">
          <select {...register('status')}>
            {INVOICE_STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </Field>
      </div>
      <Field label="Customer">
        <CustomerSelect control={control} />
      </Field>
      <div className="triple">
        <Field label="Amount" error={errors.amount?.message}>
          <input inputMode="decimal" {...register('amount', { validate: checkMoney })} />
        </Field>
        <Field label="Currency" error={errors.currency?.message}>
          <input
            maxLength={3}
            {...register('currency', { pattern: { value: /^[A-Za-z]{3}$/, message: 'Three letters, like EUR' } })}
          />
        </Field>
        <Field label="Due" error={errors.dueOn?.message}>
          <input type="date" {...register('dueOn', { required: 'An invoice needs a day to be paid by' })} />
        </Field>
      </div>
      <Field label="Notes">
        <textarea rows={3} {...register('notes')} />
      </Field>
    </>
  );
}
