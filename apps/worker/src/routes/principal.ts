import type { Context } from 'hono';
import type { Principal } from '@millrace/sync-rules';
import { bearerOfHeader } from '../auth/bearer.js';
import type { Env } from '../env.js';
import type { RouteContext } from './router.js';

export type RouteCall = Context<{ Bindings: Env; Variables: { millrace: RouteContext } }>;

/** Who makes this call. Throws `unauthenticated`. */
export function principalOf(c: RouteCall): Promise<Principal> {
  return c.get('millrace').tokens.verify(bearerOfHeader(c.req.header('authorization')));
}
