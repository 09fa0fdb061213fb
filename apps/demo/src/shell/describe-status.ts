import type { ClientStatus } from '@millrace/pglite-client/react';

export interface StatusWords {
  readonly tone: 'good' | 'busy' | 'off' | 'bad';
  readonly text: string;
}

/** What closed tabs of this browser have left, in words; null if nothing. */
export function describeElsewhere({ pending, rejected, unread }: ClientStatus['elsewhere']): string | null {
  const parts = [
    pending > 0 && `${pending} unsent`,
    rejected > 0 && `${rejected} refused`,
    unread > 0 && 'something not looked at yet',
  ].filter(Boolean);
  return parts.length === 0 ? null : `from tabs that were closed: ${parts.join(', ')}`;
}

/** Where a client stands, in two words. In sync it is only when closed tabs of this browser have left nothing unsent either. */
export function describeStatus({
  phase,
  pending,
  elsewhere,
}: Pick<ClientStatus, 'phase' | 'pending' | 'elsewhere'>): StatusWords {
  switch (phase) {
    case 'live':
      return pending + elsewhere.pending + elsewhere.unread === 0
        ? { tone: 'good', text: 'In sync' }
        : { tone: 'busy', text: 'Sending' };
    case 'offline':
      return { tone: 'off', text: 'Offline' };
    case 'waiting':
      return { tone: 'off', text: 'Reconnecting' };
    case 'hydrating':
      return { tone: 'busy', text: 'Loading' };
    case 'stopped':
    case 'closed':
      return { tone: 'bad', text: 'Stopped' };
    case 'opening':
    case 'registering':
    case 'connecting':
    case 'greeting':
      return { tone: 'busy', text: 'Connecting' };
  }
}
