import { registerRequestSchema, type RegisterResponse } from '@millrace/sync-protocol';
import { unwrap } from '../answer.js';
import { gatewayOf, replicationOf } from '../objects/stubs.js';
import { readJson } from './body.js';
import { principalOf } from './principal.js';
import type { Router } from './router.js';

/** `POST /api/clients`: binds a client id to its principal. Idempotent: may be repeated after any failure. */
export function clientsRoute(router: Router): void {
  router.post('/api/clients', async (c) => {
    const principal = await principalOf(c);
    const { clientId } = await readJson(c.req.raw, registerRequestSchema, 1024);
    unwrap(await replicationOf(c.env).wake());
    const { epoch } = unwrap(
      await gatewayOf(c.env, clientId, c.get('millrace').settings.gateways).register(clientId, principal),
    );
    return c.json({ clientId, epoch } satisfies RegisterResponse);
  });
}
