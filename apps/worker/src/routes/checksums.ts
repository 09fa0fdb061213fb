import { inForce } from '@millrace/schema-compat';
import { scopeClaims } from '@millrace/sync-session';
import { unwrap } from '../answer.js';
import { snapshotOf } from '../objects/stubs.js';
import { principalOf } from './principal.js';
import type { Router } from './router.js';

/** Somebody who asks wants to know how it is, not how it was. */
const MAX_AGE_MS = 5_000;

/** `POST /api/checksums`: count and hash of each table in the caller's scope [S6], as the frame `checkpoint`. Retry network errors, 429 and 5xx. */
export function checksumsRoute(router: Router): void {
  router.post('/api/checksums', async (c) => {
    const { sub, claims } = await principalOf(c);
    const { keys, limits, schemas } = c.get('millrace');
    limits.take('checksums', sub);
    // Wakes capture: what is read has to be waited for in history.
    const schema = inForce(await schemas.current());
    const key = await keys.keyOf({ schema }, claims);
    const { version: schemaVersion } = schema;
    const order = { key, claims: scopeClaims(schema, claims), schemaVersion, maxAgeMs: MAX_AGE_MS };
    return c.json(unwrap(await snapshotOf(c.env, key).checksums(order)), 200, { 'cache-control': 'private, no-store' });
  });
}
