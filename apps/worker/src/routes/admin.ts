import { SyncError } from '@millrace/kernel';
import { unwrap } from '../answer.js';
import { bearerOfHeader, sameSecret } from '../auth/bearer.js';
import { replicationOf } from '../objects/stubs.js';
import type { RouteCall } from './principal.js';
import type { Router } from './router.js';

/** `/api/admin/*`: for operators, with a token of their own (X29). */
export function adminRoutes(router: Router): void {
  router.use('/api/admin/*', async (c, next) => {
    await checkAdmin(c);
    await next();
  });
  /** Answered from memory and storage: looking at it keeps nothing awake [Z1]. */
  router.get('/api/admin/status', async (c) => c.json(unwrap(await replicationOf(c.env).status())));
  /** Begins capture (creates slot and epoch on first use) and answers with the head of history. */
  router.post('/api/admin/wake', async (c) => {
    const head = unwrap(await replicationOf(c.env).wake());
    return c.json({ epoch: head.epoch, seq: head.seq.toString(), chain: head.chain });
  });
}

async function checkAdmin(c: RouteCall): Promise<void> {
  const expected = c.get('millrace').settings.adminToken;
  if (!expected) throw new SyncError('not-found', 'there is no such route');
  const given = bearerOfHeader(c.req.header('authorization'));
  if (!(await sameSecret(given, expected))) throw new SyncError('unauthenticated', 'this is not the admin token');
  c.set('operator', true);
}
