/** What an outbox holds that somebody still has to see to. */
export interface OutboxCount {
  /** Mutations without an answer of the server. */
  readonly pending: number;
  /** Refused ones that nobody has disposed of. */
  readonly rejected: number;
}

/** What other tabs of this principal, closed by now, left in this browser. */
export interface ElsewhereCount extends OutboxCount {
  /** Databases that nobody has looked into yet. */
  readonly unread: number;
}
