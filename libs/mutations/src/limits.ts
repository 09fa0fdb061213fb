/** Bounds of the write path (I11). Each names what breaks beyond it. */
export const MUTATION_LIMITS = {
  /** Clients that one principal may register: beyond it somebody fills `sync.client_status` (X20). */
  clientsPerSub: 1_000,
  /** Waiting for a row lock, ms. A gateway runs one job at a time, so a longer wait would hold up every client that it serves [W3]. */
  lockTimeoutMs: 2_000,
  /** One statement, ms [W3]. */
  statementTimeoutMs: 10_000,
  /** An open transaction whose gateway has gone away: after it Postgres rolls back and frees the row locks, ms [W3]. */
  idleInTransactionTimeoutMs: 15_000,
  /** Statement time-outs of one mutation after which it is rejected instead of blocking its client's queue for ever [W4]. */
  statementTimeouts: 5,
  /** Tries of one mutation within one push when Postgres chose it as the victim of a deadlock or serialisation failure. */
  conflictTries: 3,
  /** Characters of a reason's message: what a trigger or a validator says is not ours to trust in size. */
  reasonChars: 1_000,
  /** Columns that a reason names. */
  reasonColumns: 50,
} as const;
