import type { PendingMutation } from '@millrace/pglite-client/react';
import { describeChange, type InvoiceNumbers } from './describe-change.js';

/** Most changes of one transaction that are spelled out. */
const SHOWN = 8;

export interface ChangeListProps {
  readonly changes: PendingMutation['changes'];
  /** To name invoices by, where a change does not. */
  readonly numbers?: InvoiceNumbers;
}

/** What a local transaction wrote. */
export function ChangeList({ changes, numbers }: ChangeListProps) {
  const shown = changes.slice(0, SHOWN);
  return (
    <ul className="changes">
      {shown.map((change, index) => {
        const { what, values } = describeChange(change, numbers);
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
