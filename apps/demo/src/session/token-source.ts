import type { Clock } from '@millrace/kernel';

/** Short, so that a token which the server has stopped taking is not offered for long. */
const KEPT_MS = 30_000;

/** Asks for a token at most every half minute: one a write would double the requests. A failed request is not kept. */
export function tokenSource(fetchToken: () => Promise<string>, clock: Pick<Clock, 'now'>): () => Promise<string> {
  let kept: { readonly token: Promise<string>; readonly until: number } | null = null;
  return () => {
    if (kept && clock.now() < kept.until) return kept.token;
    const token = fetchToken();
    const entry = { token, until: clock.now() + KEPT_MS };
    kept = entry;
    token.catch(() => {
      if (kept === entry) kept = null;
    });
    return token;
  };
}
