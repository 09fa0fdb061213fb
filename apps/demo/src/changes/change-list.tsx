import type { PendingMutation } from '@millrace/pglite-client/react';
import { describeChange } from './describe-change.js';

/** Most changes of one transaction that are spelled out. */
const SHOWN = 8;

/** What a local transaction wrote. */
export function ChangeList({ changes }: { readonly changes: PendingMutation['changes'] }) {
  return (
    <ul className="changes">
      {changes.slice(0, SHOWN).map((change, index) => {
        const { what, values } = describeChange(change);
        return (
          <li key={index}>
            <strong>{what}</strong>
            {values.length > 0 && <span className="muted"> {values.join(' · ')}</span>}
          </li>
        );
      })}
      {changes.length > SHOWN && <li className="muted">and {changes.length - SHOWN} more</li>}
    </ul>
  );
}
