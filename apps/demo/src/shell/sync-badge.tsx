import { useStatus } from '@millrace/pglite-client/react';
import { Check, CloudOff, RefreshCw, TriangleAlert } from 'lucide-react';
import { describeElsewhere, describeStatus } from './describe-status.js';

const ICONS = { good: Check, busy: RefreshCw, off: CloudOff, bad: TriangleAlert };

/** Where this page stands, in one glance; the details in its title. */
export function SyncBadge() {
  const status = useStatus();
  const { tone, text } = describeStatus(status);
  const Icon = ICONS[tone];
  const position = status.position ? `position ${status.position.seq}` : 'no position yet';
  const details = [
    status.fault?.message,
    status.resync && `loading anew: ${status.resync}`,
    describeElsewhere(status.elsewhere),
    position,
  ].filter(Boolean);
  return (
    <span className={`badge ${tone}`} role="status" data-phase={status.phase} title={details.join('\n')}>
      <Icon size={14} aria-hidden="true" /> {text}
    </span>
  );
}
