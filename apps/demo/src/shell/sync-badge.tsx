import { useStatus, type ClientStatus } from '@millrace/pglite-client/react';
import { Check, CloudOff, RefreshCw } from 'lucide-react';

/** Where this page stands, in one glance; the details in its title. */
export function SyncBadge() {
  const status = useStatus();
  const { tone, text } = describe(status);
  const Icon = tone === 'good' ? Check : tone === 'busy' ? RefreshCw : CloudOff;
  const seq = status.position ? `position ${status.position.seq}` : 'no position yet';
  return (
    <span className={`badge ${tone}`} role="status" title={status.fault ? `${status.fault.message} (${seq})` : seq}>
      <Icon size={14} /> {text}
    </span>
  );
}

function describe({ connected, phase, pending }: ClientStatus): { readonly tone: 'good' | 'busy' | 'off'; readonly text: string } {
  const waiting = pending === 0 ? '' : ` · ${pending} to send`;
  if (connected) return pending === 0 ? { tone: 'good', text: 'In sync' } : { tone: 'busy', text: `Sending ${pending}` };
  if (phase === 'offline') return { tone: 'off', text: `Offline${waiting}` };
  return { tone: 'busy', text: `Connecting${waiting}` };
}
