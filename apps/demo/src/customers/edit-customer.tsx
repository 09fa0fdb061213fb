import { useQuery } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { MessageDialog } from '../ui/message-dialog.js';
import { CUSTOMER, type Customer } from './customer.js';
import { CustomerForm } from './customer-form.js';

export interface EditCustomerProps {
  readonly id: string;
  readonly user: DevUser;
  readonly onClose: () => void;
}

/** A customer as they stand now: what changes elsewhere shows while the form is open. */
export function EditCustomer({ id, user, onClose }: EditCustomerProps) {
  const { rows, loading, error } = useQuery<Customer>(CUSTOMER, [id]);
  const customer = rows[0];
  if (error) return <MessageDialog title="This customer cannot be shown" text={error.message} onClose={onClose} />;
  if (customer) return <CustomerForm customer={customer} user={user} onClose={onClose} />;
  if (loading) return null;
  return <MessageDialog title="This customer is gone" text="Somebody deleted them." onClose={onClose} />;
}
