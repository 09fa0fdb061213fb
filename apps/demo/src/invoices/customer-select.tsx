import { useQuery } from '@millrace/pglite-client/react';
import { Controller, type Control } from 'react-hook-form';
import type { InvoiceFields } from './invoice-values.js';

interface Choice {
  readonly id: string;
  readonly display_name: string;
}

/** Controlled, since its choices come after the form: a plain select would show the first of them instead of the chosen one. */
export function CustomerSelect({ control }: { readonly control: Control<InvoiceFields> }) {
  const { rows, loading } = useQuery<Choice>('select id, display_name from users order by lower(display_name), id');
  return (
    <Controller
      name="userId"
      control={control}
      render={({ field }) => (
        <select {...field}>
          {!rows.some(({ id }) => id === field.value) && (
            <option value={field.value}>{loading ? 'Loading …' : 'unknown customer'}</option>
          )}
          {rows.map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </select>
      )}
    />
  );
}
