import * as Dialog from '@radix-ui/react-dialog';

export interface MessageDialogProps {
  readonly title: string;
  readonly text: string;
  readonly onClose: () => void;
}

/** In place of a form that has lost its row. */
export function MessageDialog({ title, text, onClose }: MessageDialogProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog">
          <Dialog.Title>{title}</Dialog.Title>
          <Dialog.Description className="muted">{text}</Dialog.Description>
          <footer>
            <span className="grow" />
            <button type="button" onClick={onClose}>
              Close
            </button>
          </footer>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
