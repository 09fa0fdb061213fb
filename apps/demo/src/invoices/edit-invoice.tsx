import { useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { PaymentsSection } from '../payments/payments-section.js';
import { changedValues, updateById, type Values } from '../sql/statements.js';
import { useExecute } from '../sql/use-execute.js';
import { ConfirmButton } from '../ui/confirm-button.js';
import { MessageDialog } from '../ui/message-dialog.js';
import { INVOICE, type Invoice } from './invoice.js';
import { InvoiceForm } from './invoice-form.js';
import { fieldsOf, valuesOf } from './invoice-values.js';

export interface EditInvoiceProps {
  readonly id: string;
  readonly user: DevUser;
  readonly onClose: () => void;
}

/** An invoice as it stands now, with its payments: what changes elsewhere shows while the form is open. */
export function EditInvoice({ id, user, onClose }: EditInvoiceProps) {
  const execute = useExecute();
  const { rows, loading, error } = useQuery<Invoice>(INVOICE, [id]);
  const invoice = rows[0];

  if (error) return <MessageDialog title="This invoice cannot be shown" text={error.message} onClose={onClose} />;
  if (!invoice) {
    if (loading) return null;
    return <MessageDialog title="This invoice is gone" text="Somebody deleted it." onClose={onClose} />;
  }

  const write = (values: Values, edited: ReadonlySet<string>) =>
    execute(updateById('invoices', id, changedValues(values, valuesOf(fieldsOf(invoice)), edited)));

  // Members may not delete payments: their invoice goes alone, and the server refuses it if something was paid.
  const payments = { sql: 'delete from payments where invoice_id = $1', params: [id] };
  const itself = { sql: 'delete from invoices where id = $1', params: [id] };
  const remove = async () => {
    onClose();
    await execute(user.role === 'admin' ? payments : null, itself);
  };

  return (
    <InvoiceForm
      title={`Invoice ${invoice.number}`}
      fields={fieldsOf(invoice)}
      onWrite={write}
      onClose={onClose}
      extra={<ConfirmButton label="Delete" question="Really delete it?" onConfirm={() => void remove()} />}
      below={<PaymentsSection invoice={invoice} tenantId={user.tenantId} />}
    />
  );
}
