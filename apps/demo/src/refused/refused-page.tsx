import { useClient, useRejected, type RejectedMutation } from '@millrace/pglite-client/react';
import { ChangeList } from '../changes/change-list.js';
import { Notice } from '../ui/notice.js';

/** Writes that the server did not take: what they were, why, and a way to put them away. Nothing disappears by itself. */
export function RefusedPage() {
  const client = useClient();
  const rejected = useRejected();
  const dismissAll = () => void Promise.all(rejected.map(({ txId }) => client.dispose(txId)));
  if (rejected.length === 0) {
    return (
      <Notice
        title="Nothing was refused"
        detail="A write that the server does not take is shown here, with its reason."
      />
    );
  }
  return (
    <section className="page scrolling">
      <div className="tools">
        <p className="muted">The server did not take these; the rows are back as they were before.</p>
        <span className="grow" />
        {rejected.length > 1 && (
          <button type="button" onClick={dismissAll}>
            Dismiss all
          </button>
        )}
      </div>
      <ul className="refused">
        {rejected.map((mutation) => (
          <li key={mutation.txId} data-reason={mutation.reason.code}>
            <RefusedMutation mutation={mutation} />
            <button type="button" onClick={() => void client.dispose(mutation.txId)}>
              Dismiss
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function RefusedMutation({ mutation: { reason, changes } }: { readonly mutation: RejectedMutation }) {
  return (
    <div>
      <p>
        <span className="tag warn">{reason.code}</span> {reason.message}
      </p>
      <ChangeList changes={changes} />
    </div>
  );
}
