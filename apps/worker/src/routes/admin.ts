import { SyncError } from '@millrace/kernel';
import { unwrap } from '../answer.js';
import { bearerOfHeader, sameSecret } from '../auth/bearer.js';
import { metricsText } from '../metrics.js';
import { replicationOf } from '../objects/stubs.js';
import type { RouteCall } from './principal.js';
import type { Router } from './router.js';

/** `/api/admin/*` and `/metrics`: for operators, with a token of their own (X29). */
export function adminRoutes(router: Router): void {
  router.use('/api/admin/*', async (c, next) => {
    await checkAdmin(c);
    await next();
  });
  /** Answered from memory and storage: looking at it keeps nothing awake [Z1]. */
  router.get('/api/admin/status', async (c) => c.json(unwrap(await replicationOf(c.env).status())));
  /** For Prometheus (`authorization: Bearer <admin token>`). Answered like the status: scraping wakes nothing [Z1]. */
  router.get('/metrics', async (c) => {
    await checkAdmin(c);
    const status = unwrap(await replicationOf(c.env).status());
    return c.text(metricsText(status), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });

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
