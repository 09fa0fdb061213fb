import * as Dialog from '@radix-ui/react-dialog';
import { X } from 'lucide-react';
import type { FormEventHandler, ReactNode } from 'react';

export interface FormDialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onSubmit: FormEventHandler<HTMLFormElement>;
  /** Why the last try was refused. */
  readonly error: string | null;
  readonly saving: boolean;
  readonly children: ReactNode;
  /** Beside the buttons, e.g. "Delete". */
  readonly extra?: ReactNode;
  /** Below the form, with forms of its own. */
  readonly below?: ReactNode;
}

/** A form over the page: Escape and a click beside it close it. */
export function FormDialog({ title, onClose, onSubmit, error, saving, children, extra, below }: FormDialogProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <header>
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close className="quiet" aria-label="Close">
              <X size={18} />
            </Dialog.Close>
          </header>
          <form onSubmit={onSubmit} noValidate>
            {children}
            {error && (
              <p className="error" role="alert">
                {error}
              </p>
            )}
            <footer>
              {extra}
              <span className="grow" />
              <button type="button" onClick={onClose}>
                Cancel
              </button>
              <button type="submit" className="primary" disabled={saving}>
                Save
              </button>
            </footer>
          </form>
          {below}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
