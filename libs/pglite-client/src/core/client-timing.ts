/** Times of the client's protocol, in ms. */
export const TIMING = {
  /** From opening a socket to `welcome`. */
  handshake: 15_000,
  /** A connection that lasts this long resets the backoff: a server that greets and dies is not met in a tight loop. */
  stable: 5_000,
  /** From the last HTTP answer to the ack in the stream, before the socket is taken for dead (F66). */
  ack: 20_000,
  /** From `verify` to its report, loading anew what differs included. */
  verify: 60_000,
  /** A token is renewed this long before it ends, or after half of its life if that is sooner. */
  renewBefore: 60_000,
  /** Until the app is asked again for a token that it could not give. */
  renewAgain: 5_000,
} as const;

/** Most changes that are applied in one local transaction, unless one server transaction alone has more. Bounds how long local queries wait. */
export const APPLY_CHANGES = 2_000;
