import type { DevUser } from '@millrace/sync-protocol';
import { useState } from 'react';
import { insertInto, type Values } from '../sql/statements.js';
import { useExecute } from '../sql/use-execute.js';
import { InvoiceForm } from './invoice-form.js';
import { fieldsOfNew } from './invoice-values.js';

export function NewInvoice({ user, onClose }: { readonly user: DevUser; readonly onClose: () => void }) {
  const execute = useExecute();
  const [fields] = useState(() => fieldsOfNew(user.id, Date.now()));
  const write = (values: Values) =>
    execute(insertInto('invoices', { tenant_id: user.tenantId, issued_at: new Date().toISOString(), ...values }));
  return <InvoiceForm title="New invoice" fields={fields} onWrite={write} onClose={onClose} />;
}
