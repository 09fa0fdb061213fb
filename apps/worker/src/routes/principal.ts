import type { Context } from 'hono';
import type { Principal } from '@millrace/sync-rules';
import { bearerOfHeader } from '../auth/bearer.js';
import type { RouteTypes } from './router.js';

export type RouteCall = Context<RouteTypes>;

/** Who makes this call. Throws `unauthenticated`. */
export function principalOf(c: RouteCall): Promise<Principal> {
  return c.get('millrace').tokens.verify(bearerOfHeader(c.req.header('authorization')));
}
