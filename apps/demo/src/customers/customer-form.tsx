import { useClient } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { useForm } from 'react-hook-form';
import { Field } from '../ui/field.js';
import { FormDialog } from '../ui/form-dialog.js';
import { useSave } from '../ui/use-save.js';
import type { Customer } from './customers-page.js';

const PROFILE_FIELDS = ['company', 'address', 'city', 'country', 'postal_code', 'phone', 'bio'] as const;
type ProfileField = (typeof PROFILE_FIELDS)[number];
type Values = Record<ProfileField, string>;

const LABELS: Record<ProfileField, string> = {
  company: 'Company',
  address: 'Address',
  city: 'City',
  country: 'Country',
  postal_code: 'Postal code',
  phone: 'Phone',
  bio: 'About',
};

export function CustomerForm({ customer, user, onClose }: { readonly customer: Customer; readonly user: DevUser; readonly onClose: () => void }) {
  const client = useClient();
  const { error, save } = useSave(onClose);
  const form = useForm<Values>({ defaultValues: Object.fromEntries(PROFILE_FIELDS.map((field) => [field, customer[field] ?? ''])) as Values });

  const submit = form.handleSubmit((values) =>
    save(async () => {
      // Only what was changed here: what another one changes meanwhile in other fields stays theirs.
      const changed = PROFILE_FIELDS.filter((field) => form.formState.dirtyFields[field]);
      const texts = changed.map((field) => values[field].trim() || null);
      if (changed.length === 0) return;
      if (customer.profile_id) {
        const sets = changed.map((field, index) => `${field} = $${index + 2}`).join(', ');
        await client.db.query(`update profiles set ${sets} where id = $1`, [customer.profile_id, ...texts]);
      } else {
        const places = changed.map((_, index) => `$${index + 3}`).join(', ');
        await client.db.query(`insert into profiles (tenant_id, user_id, ${changed.join(', ')}) values ($1, $2, ${places})`, [user.tenantId, customer.id, ...texts]);
      }
    }),
  );

  return (
    <FormDialog title={customer.display_name} onClose={onClose} onSubmit={submit} error={error}>
      <p className="muted">{customer.email}</p>
      {PROFILE_FIELDS.map((field) => (
        <Field key={field} label={LABELS[field]}>
          {field === 'bio' ? <textarea rows={3} {...form.register(field)} /> : <input {...form.register(field)} />}
        </Field>
      ))}
    </FormDialog>
  );
}
