import { must, SyncError, systemClock } from '@millrace/kernel';
import { devSignInRequestSchema, type DevSignInResponse, type DevUser } from '@millrace/sync-protocol';
import { unwrap } from '../answer.js';
import type { DevSignIn } from '../app.js';
import { signToken } from '../auth/tokens.js';
import { gatewayOf } from '../objects/stubs.js';
import { readJson } from './body.js';
import type { RouteCall } from './principal.js';
import type { Router } from './router.js';

const TOKEN_LIFE_SECONDS = 10 * 60;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** `/api/dev/sign-in`: a token for any user without a password. Exists only with `MILLRACE_DEV=1`, and only on loopback. */
export function devSignInRoutes(router: Router): void {
  router.get('/api/dev/sign-in', async (c) => c.json({ users: await listUsers(c, devSignInOf(c)) }));

  router.post('/api/dev/sign-in', async (c) => {
    const devSignIn = devSignInOf(c);
    const { email } = await readJson(c.req.raw, devSignInRequestSchema, 1024);
    const user = (await listUsers(c, devSignIn)).find((candidate) => candidate.email === email);
    if (!user) throw new SyncError('not-found', 'no user has this e-mail address; GET this route lists all');
    const expiresAt = Math.floor(systemClock.now() / 1000) + TOKEN_LIFE_SECONDS;
    const token = await signToken(
      must(c.get('millrace').settings.jwtSecret, 'development sign-in has a secret to sign with'),
      devSignIn.toClaims(user),
      expiresAt,
    );
    return c.json({ token, user } satisfies DevSignInResponse);
  });
}

function devSignInOf(c: RouteCall): DevSignIn {
  const { app, settings } = c.get('millrace');
  // With a key set of an identity provider, a token that we sign would be refused.
  const signs = settings.jwtSecret !== null && settings.jwksUrl === null;
  const allowed = settings.dev && signs && LOOPBACK.has(new URL(c.req.url).hostname);
  if (!allowed || !app.devSignIn) throw new SyncError('not-found', 'there is no such route');
  return app.devSignIn;
}

async function listUsers(c: RouteCall, devSignIn: DevSignIn): Promise<DevUser[]> {
  const rows = unwrap(await gatewayOf(c.env, '', c.get('millrace').settings.gateways).devUsers());
  return rows.map((row) => devSignIn.toUser(row));
}
