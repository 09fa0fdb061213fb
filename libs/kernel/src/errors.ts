/** What a caller may do about an error: nothing, wait and repeat, or hydrate again. */
export type Retry = 'never' | 'backoff' | 'resync';

/**
 * The catalogue of error codes. A code is part of the public contract: it is what `application/problem+json`, the `error`
 * frame and the logs carry. Messages are for people and never hold SQL, rows or stacks (I8).
 */
export const ERROR_CATALOGUE = {
  'assertion-failed': {
    retry: 'never',
    status: 500,
    meaning: 'A condition that the code relies on does not hold: a bug.',
  },
  'invalid-lsn': { retry: 'never', status: 400, meaning: 'A text is not a WAL address.' },
  'invalid-message': {
    retry: 'never',
    status: 400,
    meaning: 'A frame or body does not have the shape that the protocol states.',
  },
  'limit-exceeded': { retry: 'never', status: 413, meaning: 'A message, row or request is above a stated limit.' },
  'protocol-version': {
    retry: 'never',
    status: 426,
    meaning: 'Client and server share no protocol version: update the app.',
  },
  unauthenticated: {
    retry: 'never',
    status: 401,
    meaning: 'No token, or one that is not valid (any more): get a new one.',
  },
  forbidden: { retry: 'never', status: 403, meaning: 'The token is valid, but does not permit this.' },
  'not-found': { retry: 'never', status: 404, meaning: 'There is no such thing, or not for this principal.' },
  'unknown-client': {
    retry: 'never',
    status: 404,
    meaning: 'The client id was never registered, was forgotten, or belongs to somebody else: register again.',
  },
  'mutation-order': {
    retry: 'never',
    status: 409,
    meaning: 'Mutations do not continue where this client stopped: settle the known ones and renumber the rest [W2].',
  },
  'epoch-changed': {
    retry: 'resync',
    status: 409,
    meaning: 'The history that this position speaks of has ended [E2].',
  },
  'cursor-unknown': { retry: 'resync', status: 409, meaning: 'The server cannot continue this cursor [A4].' },
  'below-horizon': { retry: 'resync', status: 410, meaning: 'History before this position has been removed.' },
  'schema-unknown': { retry: 'never', status: 409, meaning: 'The schema version is not known here: update the app.' },
  'migration-failed': {
    retry: 'backoff',
    status: 500,
    meaning: 'A schema change could not be taken; everything is as it was before.',
  },
  'second-writer': {
    retry: 'backoff',
    status: 503,
    meaning: 'Another process writes this history: the compare-and-set failed [H3].',
  },
  'gate-waiting': {
    retry: 'backoff',
    status: 503,
    meaning: 'A committed transaction is not visible yet (synchronous standby) [H1].',
  },
  'slot-missing': {
    retry: 'backoff',
    status: 503,
    meaning: 'The replication slot does not exist: a new epoch is begun [E1].',
  },
  'slot-lost': {
    retry: 'backoff',
    status: 503,
    meaning: 'Postgres removed WAL that the slot still needed: a new epoch is begun [E1].',
  },
  'slot-busy': { retry: 'backoff', status: 503, meaning: 'Another session reads the replication slot.' },
  'database-unavailable': {
    retry: 'backoff',
    status: 503,
    meaning: 'Postgres cannot be reached or refuses connections.',
  },
  'database-misconfigured': {
    retry: 'never',
    status: 500,
    meaning: 'Postgres lacks something that replication needs (wal_level, rights, publication, key).',
  },
  'decode-failed': { retry: 'backoff', status: 500, meaning: 'A replication message cannot be decoded [C9].' },
  'snapshot-failed': { retry: 'backoff', status: 503, meaning: 'A snapshot could not be built or ended early.' },
  'snapshot-corrupt': {
    retry: 'backoff',
    status: 502,
    meaning: 'A snapshot does not add up (row count, length or shape).',
  },
  'too-many-requests': {
    retry: 'backoff',
    status: 429,
    meaning: 'A quota is used up: wait as long as Retry-After says.',
  },
  network: { retry: 'backoff', status: 503, meaning: 'The server cannot be reached.' },
  closed: { retry: 'never', status: 503, meaning: 'The client, connection or object was closed.' },
  timeout: { retry: 'backoff', status: 504, meaning: 'No answer in the stated time.' },
  'storage-failed': { retry: 'backoff', status: 500, meaning: 'Local storage could not be opened, read or written.' },
  'unsupported-sql': {
    retry: 'never',
    status: 400,
    meaning: 'A local statement uses something that a replica cannot do; the message names it [A3].',
  },
  internal: {
    retry: 'backoff',
    status: 500,
    meaning: 'Unexpected failure; details are in the server log under the given id.',
  },
} as const satisfies Record<string, { retry: Retry; status: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The one error type that crosses lib boundaries. `cause` stays in the process; it is never sent. */
export class SyncError extends Error {
  readonly code: ErrorCode;
  /** How long the server asked to be left alone, ms; null if it did not say. */
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterMs?: number | null }) {
    super(message, options);
    this.name = 'SyncError';
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs ?? null;
  }

  get retry(): Retry {
    return ERROR_CATALOGUE[this.code].retry;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}

/** Text of anything thrown, for logs. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
