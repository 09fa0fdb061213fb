/** A client that has not connected for so long is forgotten, and its object's storage with it: each object costs disk and file descriptors [Z2]. */
export const CLIENT_TTL_MS = 90 * 24 * 60 * 60_000;

export type IdleStep =
  | { readonly kind: 'forget' }
  /** Store `idleSince`, and look again at `at` (both ms since 1970). */
  | { readonly kind: 'wait'; readonly idleSince: number; readonly at: number };

/** What an object that nobody is connected to does when its alarm rings. */
export function whenIdle(idleSince: number | null, now: number): IdleStep {
  const since = idleSince ?? now;
  const at = since + CLIENT_TTL_MS;
  return at <= now ? { kind: 'forget' } : { kind: 'wait', idleSince: since, at };
}
