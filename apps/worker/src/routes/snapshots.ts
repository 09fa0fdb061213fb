import { snapshotRequestSchema } from '@millrace/sync-protocol';
import type { SnapshotOrder } from '../objects/rpc.js';
import { unwrap } from '../answer.js';
import { gatewayOf, replicationOf, snapshotOf } from '../objects/stubs.js';
import { readJson } from './body.js';
import { principalOf } from './principal.js';
import type { Router } from './router.js';

/** `POST /api/snapshots`: all rows in the caller's scope as one stream (format: `@millrace/hydration`). May be repeated at will. */
export function snapshotsRoute(router: Router): void {
  router.post('/api/snapshots', async (c) => {
    const principal = await principalOf(c);
    const { clientId, schemaVersion } = await readJson(c.req.raw, snapshotRequestSchema, 1024);
    unwrap(await replicationOf(c.env).wake());
    unwrap(await gatewayOf(c.env, clientId, c.get('millrace').settings.gateways).checkOwner(clientId, principal.sub));
    const order: SnapshotOrder = { clientId, schemaVersion, claims: principal.claims };
    return snapshotOf(c.env, clientId).fetch('https://snapshot/', {
      method: 'POST',
      body: JSON.stringify(order),
      signal: c.req.raw.signal,
    });
  });
}
