import { useQuery, type PendingMutation } from '@millrace/pglite-client/react';
import { invoiceOf, type InvoiceNumbers } from './describe-change.js';

/** Numbers of the invoices that these changes are about, of those that are here. */
export function useInvoiceNumbers(changes: PendingMutation['changes']): InvoiceNumbers {
  const ids = changes.map(invoiceOf).filter((id) => id !== null);
  const { rows } = useQuery<{ id: string; number: string }>(
    'select id::text, number from invoices where id = any($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ id, number }) => [id, number]));
}
