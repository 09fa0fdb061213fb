import { systemClock } from '@millrace/kernel';
import { unwrap } from '../answer.js';
import type { CaptureHealth } from '../objects/rpc.js';
import { replicationOf } from '../objects/stubs.js';
import type { Router } from './router.js';

/** Failures that pass by themselves, a restart of Postgres say, are nobody's alarm. */
const GRACE_MS = 60_000;

/**
 * `GET /healthz`, for load balancers and monitors: 200, or 503 while capture is misconfigured or has failed for a minute. It says in which state
 * capture is and nothing else, since anybody may ask; the details are the dashboard's. Wakes neither capture nor Postgres [Z1].
 */
export function healthzRoute(router: Router): void {
  router.get('/healthz', async (c) => {
    const health = unwrap(await replicationOf(c.env).health());
    const ok = isHealthy(health, systemClock.now());
    return c.json({ ok, state: health.state }, ok ? 200 : 503, { 'cache-control': 'no-store' });
  });
}

function isHealthy({ state, failingSince }: CaptureHealth, now: number): boolean {
  if (state === 'misconfigured') return false;
  return failingSince === null || now - Date.parse(failingSince) < GRACE_MS;
}
