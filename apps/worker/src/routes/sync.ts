import { isUuid, SyncError } from '@millrace/kernel';
import { SUBPROTOCOL } from '@millrace/sync-protocol';
import { bearerOfSubprotocols } from '../auth/bearer.js';
import { PRINCIPAL_HEADER } from '../objects/rpc.js';
import { syncOf } from '../objects/stubs.js';
import { publicError } from '../public-error.js';
import { refusedSocket } from '../refused-socket.js';
import type { Principal } from '@millrace/sync-rules';
import { isAllowedOrigin } from './cross-origin.js';
import type { RouteCall } from './principal.js';
import type { Router } from './router.js';

/** `GET /api/sync?client=<id>`: the client's WebSocket. The token is in the subprotocol; the id is no secret and is checked against its owner. */
export function syncRoute(router: Router): void {
  router.get('/api/sync', async (c) => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
      throw new SyncError('invalid-message', 'this route speaks WebSocket only');
    checkOrigin(c);
    const token = bearerOfSubprotocols(c.req.header('sec-websocket-protocol'));
    const clientId = c.req.query('client') ?? '';
    if (!isUuid(clientId)) throw new SyncError('invalid-message', 'name the client: /api/sync?client=<uuid>');
    const { tokens, log } = c.get('millrace');
    let principal: Principal;
    try {
      principal = await tokens.verify(token);
    } catch (error) {
      return refusedSocket(publicError(error, log));
    }
    // Built from nothing, so that no header of the caller can pose as ours.
    const headers = {
      upgrade: 'websocket',
      'sec-websocket-protocol': SUBPROTOCOL,
      [PRINCIPAL_HEADER]: encodeURIComponent(JSON.stringify(principal)),
    };
    return syncOf(c.env, clientId).fetch(`https://sync/${clientId}`, { headers });
  });
}

/** Browsers send Origin with each upgrade and nothing else guards sockets against foreign pages (X15). Programs send none. */
function checkOrigin(c: RouteCall): void {
  const origin = c.req.header('origin');
  if (!origin || isAllowedOrigin(origin, c)) return;
  throw new SyncError('forbidden', `pages of ${origin} may not connect: add the origin to MILLRACE_ALLOWED_ORIGINS`);
}
