import { scopeClaims } from '@millrace/sync-session';
import { unwrap } from '../answer.js';
import { replicationOf, snapshotOf } from '../objects/stubs.js';
import { principalOf } from './principal.js';
import type { Router } from './router.js';

/** Somebody who asks wants to know how it is, not how it was. */
const MAX_AGE_MS = 5_000;

/** `POST /api/checksums`: count and hash of each table in the caller's scope [S6], as the frame `checkpoint`. Retry network errors, 429 and 5xx. */
export function checksumsRoute(router: Router): void {
  router.post('/api/checksums', async (c) => {
    const { sub, claims } = await principalOf(c);
    const { app, keys, limits } = c.get('millrace');
    limits.take('checksums', sub);
    unwrap(await replicationOf(c.env).wake());
    const key = await keys.keyOf(claims);
    const order = { key, claims: scopeClaims(app.schema, claims), maxAgeMs: MAX_AGE_MS };
    return c.json(unwrap(await snapshotOf(c.env, key).checksums(order)), 200, { 'cache-control': 'private, no-store' });
  });
}
