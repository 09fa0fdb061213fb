import { UserError } from '@millrace/processes';
import type { Remedy } from '@millrace/processes';

/** What the Worker answered instead of beginning capture. */
export interface WakeRefusal {
  readonly status: number;
  readonly body: string;
}

/** Explains why capture does not begin, to somebody who only ran `npm start`. @param logFile where the sync server's own words are */
export function wakeFailure(refusal: WakeRefusal, logFile: string): UserError {
  const why = detailOf(refusal);
  const known = REMEDIES.find(({ pattern }) => pattern.test(why));
  const wayOut = known?.wayOut ?? [`the sync server's log tells more: ${logFile}`];
  // A test runner prints messages and causes, and knows nothing of `why`.
  return new UserError(known?.what ?? 'changes of this database are not captured', { why, wayOut }, new Error(why));
}

/** No answer at all. `fetch` says why in the cause of its error. */
export function wakeSilence(error: unknown, logFile: string): UserError {
  const { message, cause } = error as Error;
  const why = [message, (cause as Error | undefined)?.message].filter(Boolean).join(': ');
  return new UserError('the sync server does not answer', { why, wayOut: [`its log tells more: ${logFile}`] }, error);
}

interface KnownRemedy extends Pick<Remedy, 'wayOut'> {
  /** Of the Worker's own words. */
  readonly pattern: RegExp;
  readonly what: string;
}

const REMEDIES: readonly KnownRemedy[] = [
  {
    pattern: /is read by another session/,
    what: 'another Millrace runs on this database',
    wayOut: [
      'a database has one sync server: stop the other one, or give this one another database by DATABASE_URL',
      'which it is: npm run psql -- -c "select active_pid from pg_replication_slots where slot_name = \'millrace\'"',
      'if it was killed just now, Postgres lets go of it within wal_sender_timeout (a minute): start again then',
    ],
  },
  {
    pattern: /a replication slot named .* exists/,
    what: 'the replication slot is taken by something else',
    wayOut: [
      'slots are shared by all databases of a server: MILLRACE_SLOT=millrace_2 npm start',
      "or, if nobody needs that slot: select pg_drop_replication_slot('millrace')",
    ],
  },
  {
    pattern: /sslmode|TLS|SSL|certificate/i,
    what: "the sync server's own connection to Postgres fails at TLS",
    wayOut: [
      'it trusts certificates of public authorities alone, for the name in DATABASE_URL',
      'on a network that you trust, a connection without TLS: sslmode=disable',
    ],
  },
  {
    // workerd hides why a connection failed; npm start itself has just connected to the same address.
    pattern: /cannot be reached: internal error/,
    what: "the sync server can't reach Postgres, although npm start can",
    wayOut: [
      'with TLS: it trusts certificates of public authorities alone, whatever Node has been told to trust',
      'on a network that you trust, a connection without TLS: sslmode=disable',
    ],
  },
  {
    pattern: /these tables cannot be published/,
    what: 'the synced tables cannot be published',
    wayOut: ['run the statement above as the owner of the tables', 'or make the role of DATABASE_URL their owner'],
  },
];

/** The Worker answers with `application/problem+json`; its words are in `detail`. */
function detailOf({ status, body }: WakeRefusal): string {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown };
    if (typeof detail === 'string' && detail !== '') return detail;
  } catch {
    // Not the Worker's: somebody else's words, as they are.
  }
  return `it answered ${status}: ${body.slice(0, 500)}`;
}
