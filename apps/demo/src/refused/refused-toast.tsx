import { useRejected } from '@millrace/pglite-client/react';
import * as Toast from '@radix-ui/react-toast';
import { useState } from 'react';

const SHOWN_MS = 8_000;

export interface RefusedToastProps {
  /** The list is on the screen: nothing need be said beside it. */
  readonly listed: boolean;
  readonly onShow: () => void;
}

/** Says at once that a write was refused: whoever wrote it may have moved on. The list keeps it. */
export function RefusedToast({ listed, onShow }: RefusedToastProps) {
  const rejected = useRejected();
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const fresh = rejected.filter(({ txId }) => !seen.has(txId));
  const last = fresh.at(-1);
  const close = () => setSeen(new Set(rejected.map(({ txId }) => txId)));
  if (listed && last) close();
  return (
    <Toast.Provider duration={SHOWN_MS} label="Refused writes">
      {last && (
        <Toast.Root key={last.txId} className="toast" open onOpenChange={(open) => open || close()}>
          <Toast.Title>
            {fresh.length === 1 ? 'A write was refused' : `${fresh.length} writes were refused`}
          </Toast.Title>
          <Toast.Description className="muted">{last.reason.message}</Toast.Description>
          <Toast.Action altText="Open the list of refused writes" onClick={onShow}>
            Show
          </Toast.Action>
        </Toast.Root>
      )}
      <Toast.Viewport className="toasts" />
    </Toast.Provider>
  );
}
