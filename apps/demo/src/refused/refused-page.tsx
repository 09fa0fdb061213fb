import { useClient, useRejected, type RejectedMutation } from '@millrace/pglite-client/react';
import { Notice } from '../ui/notice.js';

/** Writes that the server did not take: what they were, why, and a way to put them away. Nothing disappears by itself. */
export function RefusedPage() {
  const client = useClient();
  const rejected = useRejected();
  if (rejected.length === 0) return <Notice title="Nothing was refused" detail="A write that the server does not take is shown here, with its reason." />;
  return (
    <section className="page">
      <ul className="refused">
        {rejected.map((mutation) => (
          <li key={mutation.txId}>
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

function RefusedMutation({ mutation }: { readonly mutation: RejectedMutation }) {
  return (
    <div>
      <p>
        <span className="tag warn">{mutation.reason.code}</span> {mutation.reason.message}
      </p>
      <ul className="muted">
        {mutation.changes.map((change, index) => (
          <li key={index}>
            {change.operation} {change.table}
            {change.operation !== 'delete' && `: ${Object.entries(change.set).map(([column, value]) => `${column} = ${value ?? 'null'}`).join(', ')}`}
          </li>
        ))}
      </ul>
    </div>
  );
}
