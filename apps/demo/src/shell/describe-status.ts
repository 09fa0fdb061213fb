import type { ClientStatus } from '@millrace/pglite-client/react';

export interface StatusWords {
  readonly tone: 'good' | 'busy' | 'off' | 'bad';
  readonly text: string;
}

/** Where a client stands, in two words. */
export function describeStatus({ phase, pending }: Pick<ClientStatus, 'phase' | 'pending'>): StatusWords {
  switch (phase) {
    case 'live':
      return pending === 0 ? { tone: 'good', text: 'In sync' } : { tone: 'busy', text: 'Sending' };
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
