import { useClient, useRejected, type RejectedMutation } from '@millrace/pglite-client/react';
import { ChangeList } from '../changes/change-list.js';
import { describeColumn, type InvoiceNumbers } from '../changes/describe-change.js';
import { useInvoiceNumbers } from '../changes/use-invoice-numbers.js';
import { Notice } from '../ui/notice.js';

/** Writes that the server did not take: what they were, why, and a way to put them away. Nothing disappears by itself. */
export function RefusedPage() {
  const client = useClient();
  const rejected = useRejected();
  const numbers = useInvoiceNumbers(rejected.flatMap(({ changes }) => changes));
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
        <p className="muted">The server did not take these; the rows are shown as the server has them.</p>
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
            <RefusedMutation mutation={mutation} numbers={numbers} />
            <button type="button" onClick={() => void client.dispose(mutation.txId)}>
              Dismiss
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RefusedMutationProps {
  readonly mutation: RejectedMutation;
  readonly numbers: InvoiceNumbers;
}

function RefusedMutation({ mutation: { reason, changes }, numbers }: RefusedMutationProps) {
  return (
    <div>
      <p>
        <span className="tag warn">{reason.code}</span> {reason.message}
        {reason.columns && reason.columns.length > 0 && (
          <span className="muted"> Column: {reason.columns.map(describeColumn).join(', ')}.</span>
        )}
      </p>
      <ChangeList changes={changes} numbers={numbers} />
    </div>
  );
}
