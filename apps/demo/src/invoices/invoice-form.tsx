import { useClient, useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { useForm } from 'react-hook-form';
import { Field } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { editableMoney, formatMoney, parseMoney } from '../ui/money.js';
import { useSave } from '../ui/use-save.js';
import { INVOICE_STATUSES, type Invoice, type InvoiceStatus } from './invoice.js';

interface Values {
  readonly number: string;
  readonly userId: string;
  readonly status: InvoiceStatus;
  readonly amount: string;
  readonly currency: string;
  readonly notes: string;
}

interface Customer {
  readonly id: string;
  readonly display_name: string;
}

export interface InvoiceFormProps {
  /** Null for a new one. */
  readonly invoice: Invoice | null;
  readonly user: DevUser;
  readonly onClose: () => void;
}

export function InvoiceForm({ invoice, user, onClose }: InvoiceFormProps) {
  const client = useClient();
  const { error, save } = useSave(onClose);
  const customers = useQuery<Customer>('select id, display_name from users order by lower(display_name)', []);
  const form = useForm<Values>({ defaultValues: valuesOf(invoice, user) });
  const { errors, dirtyFields } = form.formState;

  const submit = form.handleSubmit((values) => save(() => (invoice ? update(invoice, values) : insert(values))));

  const update = async (edited: Invoice, values: Values) => {
    const columns = columnsOf(values).filter(({ field }) => dirtyFields[field]);
    if (columns.length === 0) return;
    const sets = columns.map(({ column }, index) => `${column} = $${index + 2}`).join(', ');
    await client.db.query(`update invoices set ${sets} where id = $1`, [edited.id, ...columns.map(({ value }) => value)]);
  };

  const insert = async (values: Values) => {
    const columns = columnsOf(values);
    const places = columns.map((_, index) => `$${index + 2}`).join(', ');
    await client.db.query(
      `insert into invoices (tenant_id, issued_at, due_at, ${columns.map(({ column }) => column).join(', ')})
       values ($1, now(), now() + interval '30 days', ${places})`,
      [user.tenantId, ...columns.map(({ value }) => value)],
    );
  };

  const remove = invoice && (
    <button type="button" className="danger" onClick={() => void save(() => client.db.query('delete from invoices where id = $1', [invoice.id]))}>
      Delete
    </button>
  );

  return (
    <FormDialog title={invoice ? `Invoice ${invoice.number}` : 'New invoice'} onClose={onClose} onSubmit={submit} error={error} extra={remove}>
      <Field label="Number" error={errors.number?.message}>
        <input {...form.register('number', { required: 'An invoice needs a number' })} />
      </Field>
      <Field label="Customer" error={errors.userId?.message}>
        <select {...form.register('userId', { required: 'Choose a customer' })}>
          {customers.rows.map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Status">
        <select {...form.register('status')}>
          {INVOICE_STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </Field>
      <div className="pair">
        <Field label="Amount" error={errors.amount?.message}>
          <input inputMode="decimal" {...form.register('amount', { validate: (text) => parseMoney(text) !== null || 'An amount like 120 or 120.50' })} />
        </Field>
        <Field label="Currency" error={errors.currency?.message}>
          <input maxLength={3} {...form.register('currency', { pattern: { value: /^[A-Z]{3}$/, message: 'Three letters, like EUR' } })} />
        </Field>
      </div>
      <Field label="Notes">
        <textarea rows={4} {...form.register('notes')} />
      </Field>
      {invoice && <p className="muted">Paid so far: {formatMoney(invoice.paid_cents, invoice.currency)}</p>}
    </FormDialog>
  );
}

function valuesOf(invoice: Invoice | null, user: DevUser): Values {
  if (!invoice) return { number: '', userId: user.id, status: 'draft', amount: '', currency: 'EUR', notes: '' };
  return {
    number: invoice.number,
    userId: invoice.user_id,
    status: invoice.status,
    amount: editableMoney(invoice.amount_cents),
    currency: invoice.currency,
    notes: invoice.notes ?? '',
  };
}

function columnsOf(values: Values): readonly { readonly field: keyof Values; readonly column: string; readonly value: string | null }[] {
  return [
    { field: 'number', column: 'number', value: values.number.trim() },
    { field: 'userId', column: 'user_id', value: values.userId },
    { field: 'status', column: 'status', value: values.status },
    { field: 'amount', column: 'amount_cents', value: parseMoney(values.amount) },
    { field: 'currency', column: 'currency', value: values.currency },
    { field: 'notes', column: 'notes', value: values.notes.trim() || null },
  ];
}
