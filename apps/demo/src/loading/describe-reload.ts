import type { ClientStatus } from '@millrace/pglite-client/react';

type Cause = NonNullable<ClientStatus['resync']>;

const CAUSES: Readonly<Record<Cause, string>> = {
  'new-client': 'they were never here',
  'epoch-changed': 'the server has begun a new history',
  'cursor-unknown': 'the server does not know where this page stands',
  'below-horizon': 'this page was away for longer than the server remembers',
  'schema-changed': 'the schema has changed',
  'scope-changed': 'your rights have changed',
  'scope-unknown': 'a change did not tell which rows are yours',
  'transaction-too-large': 'too much has changed at once to be sent one by one',
  quarantined: 'a change could not be read from the log',
  'late-table': 'the table is new to this page',
  rewritten: 'the table was rewritten',
  'checksum-mismatch': 'a comparison with the server found a difference',
  'client-request': 'somebody asked for it',
};

/** Which rows are loaded anew, and why; null if none are. */
export function describeReload({ resync, filling }: Pick<ClientStatus, 'resync' | 'filling'>): string | null {
  if (resync === null) return null;
  return `Loading ${filling === null ? 'all rows' : filling.join(', ')} anew: ${CAUSES[resync]}.`;
}
