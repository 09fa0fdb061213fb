import type { DevUser } from '@millrace/sync-protocol';
import { useForm } from 'react-hook-form';
import { useExecute } from '../sql/use-execute.js';
import { Field } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { useSave } from '../ui/use-save.js';
import { fieldsOf, type Customer, type CustomerFields, type ProfileField } from './customer.js';
import { writeCustomer } from './write-customer.js';

export interface CustomerFormProps {
  /** As it stands now. */
  readonly customer: Customer;
  readonly user: DevUser;
  readonly onClose: () => void;
}

const LINES: readonly (readonly (readonly [ProfileField, string])[])[] = [
  [['company', 'Company']],
  [['address', 'Address']],
  [
    ['postal_code', 'Postal code'],
    ['city', 'City'],
    ['country', 'Country'],
  ],
  [['phone', 'Phone']],
];

/** Fields that are not edited here follow the row; those that are stay as typed, and only they are written. */
export function CustomerForm({ customer, user, onClose }: CustomerFormProps) {
  const execute = useExecute();
  const { error, saving, save } = useSave(onClose);
  const form = useForm<CustomerFields>({ values: fieldsOf(customer), resetOptions: { keepDirtyValues: true } });
  const { dirtyFields, errors } = form.formState;

  const submit = form.handleSubmit((fields) =>
    save(() => {
      const edited = new Set(Object.keys(dirtyFields));
      return execute(...writeCustomer({ customer, fields, edited, tenantId: user.tenantId }));
    }),
  );

  return (
    <FormDialog title={customer.display_name} onClose={onClose} onSubmit={submit} error={error} saving={saving}>
      <p className="muted">{customer.email}</p>
      {user.role !== 'admin' && user.id !== customer.id && (
        <p className="hint">You are no admin: the server will refuse what you change about somebody else.</p>
      )}
      <Field label="Name" error={errors.display_name?.message}>
        <input {...form.register('display_name', { required: 'A customer needs a name' })} />
      </Field>
      {LINES.map((line) => (
        <div key={line[0]?.[0]} className={line.length === 3 ? 'triple' : undefined}>
          {line.map(([field, label]) => (
            <Field key={field} label={label}>
              <input {...form.register(field)} />
            </Field>
          ))}
        </div>
      ))}
      <Field label="About">
        <textarea rows={3} {...form.register('bio')} />
      </Field>
    </FormDialog>
  );
}
