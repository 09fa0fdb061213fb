import * as Dialog from '@radix-ui/react-dialog';
import type { FormEventHandler, ReactNode } from 'react';

export interface FormDialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onSubmit: FormEventHandler<HTMLFormElement>;
  /** Why the last try was refused. */
  readonly error: string | null;
  readonly children: ReactNode;
  /** Beside the buttons, e.g. "Delete". */
  readonly extra?: ReactNode;
}

/** A form over the page: Escape and a click beside it close it. */
export function FormDialog({ title, onClose, onSubmit, error, children, extra }: FormDialogProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <Dialog.Title>{title}</Dialog.Title>
          <form onSubmit={onSubmit}>
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
              <button type="submit" className="primary">
                Save
              </button>
            </footer>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
