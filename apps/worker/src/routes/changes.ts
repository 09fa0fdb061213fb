import { LIMITS, pushRequestSchema, type PushResponse } from '@millrace/sync-protocol';
import { unwrap } from '../answer.js';
import { gatewayOf, replicationOf } from '../objects/stubs.js';
import { readJson } from './body.js';
import { principalOf } from './principal.js';
import type { Router } from './router.js';

/**
 * `POST /api/changes`: mutations of one client, in order. May be repeated after network errors, 408, 429 and 5xx (txIds make it idempotent
 * [W2]); 409 tells what is known; other 4xx are final.
 */
export function changesRoute(router: Router): void {
  router.post('/api/changes', async (c) => {
    const principal = await principalOf(c);
    const request = await readJson(c.req.raw, pushRequestSchema, LIMITS.pushBytes);
    const outcome = unwrap(
      await gatewayOf(c.env, request.clientId, c.get('millrace').settings.gateways).push(request, principal),
    );
    if (outcome.kind === 'conflict') return c.json(outcome.conflict, 409);
    // A polling capture would see the new commit only at its next tick.
    c.executionCtx.waitUntil(replicationOf(c.env).nudge());
    return c.json({ results: [...outcome.results] } satisfies PushResponse);
  });
}
