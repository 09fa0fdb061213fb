import { usePending } from '@millrace/pglite-client/react';
import { ArrowUpFromLine } from 'lucide-react';
import { ChangeList } from '../changes/change-list.js';

const SHOWN = 50;

/** How many writes are on their way, and which. */
export function PendingButton() {
  const pending = usePending();
  return (
    <>
      <button
        type="button"
        className="quiet"
        popoverTarget="pending-writes"
        title="Writes that the server has not acknowledged"
      >
        <ArrowUpFromLine size={16} aria-hidden="true" /> <span data-pending={pending.length}>{pending.length}</span>{' '}
        pending
      </button>
      <div id="pending-writes" popover="auto" className="popover" role="dialog" aria-label="Pending writes">
        <h2>Pending writes</h2>
        {pending.length === 0 && <p className="muted">Everything written here is on the server.</p>}
        <ol>
          {pending.slice(0, SHOWN).map(({ txId, mutationId, changes, answer }) => (
            <li key={txId}>
              <span
                className="tag"
                title={answer ? 'The server has it; its echo is awaited' : 'Not sent, or not answered yet'}
              >
                {mutationId} {answer?.verdict ?? 'waiting'}
              </span>
              <ChangeList changes={changes} />
            </li>
          ))}
        </ol>
        {pending.length > SHOWN && <p className="muted">and {pending.length - SHOWN} more</p>}
      </div>
    </>
  );
}
