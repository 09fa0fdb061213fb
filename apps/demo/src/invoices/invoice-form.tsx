import type { ReactNode } from 'react';
import { useForm } from 'react-hook-form';
import type { Values } from '../sql/statements.js';
import { FormDialog } from '../ui/form-dialog.js';
import { useSave } from '../ui/use-save.js';
import { InvoiceFieldset } from './invoice-fieldset.js';
import { columnsOf, valuesOf, type InvoiceFields } from './invoice-values.js';

export interface InvoiceFormProps {
  readonly title: string;
  /** As they stand now. Fields that are not edited here follow; those that are stay as typed. */
  readonly fields: InvoiceFields;
  /** `edited`: the columns whose fields were edited. */
  readonly onWrite: (values: Values, edited: ReadonlySet<string>) => Promise<void>;
  readonly onClose: () => void;
  readonly extra?: ReactNode;
  readonly below?: ReactNode;
}

export function InvoiceForm({ title, fields, onWrite, onClose, extra, below }: InvoiceFormProps) {
  const { error, saving, save } = useSave(onClose);
  const form = useForm<InvoiceFields>({ values: fields, resetOptions: { keepDirtyValues: true } });
  const { dirtyFields } = form.formState;
  const submit = form.handleSubmit((typed) => save(() => onWrite(valuesOf(typed), columnsOf(dirtyFields))));
  return (
    <FormDialog
      title={title}
      onClose={onClose}
      onSubmit={submit}
      error={error}
      saving={saving}
      extra={extra}
      below={below}
    >
      <InvoiceFieldset form={form} />
    </FormDialog>
  );
}
