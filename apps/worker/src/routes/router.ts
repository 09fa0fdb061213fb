import { Hono } from 'hono';
import { systemClock, SyncError, type Logger } from '@millrace/kernel';
import type { AppDefinition } from '../app.js';
import { createTokenVerifier, type TokenVerifier } from '../auth/tokens.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { problemResponse } from '../problem.js';
import { knownError, publicError } from '../public-error.js';
import { RateLimits } from '../rate-limits.js';
import { Schemas } from '../schemas.js';
import { readSettings, type Settings } from '../settings.js';
import { snapshotKeys, type SnapshotKeys } from '../snapshot-keys.js';
import { adminRoutes } from './admin.js';
import { changesRoute } from './changes.js';
import { checksumsRoute } from './checksums.js';
import { clientsRoute } from './clients.js';
import { crossOrigin } from './cross-origin.js';
import { devSignInRoutes } from './dev-sign-in.js';
import { healthzRoute } from './healthz.js';
import { Owners } from './owner.js';
import { schemaRoutes } from './schema.js';
import { siteRoute } from './site.js';
import { snapshotsRoute } from './snapshots.js';
import { syncRoute } from './sync.js';
import { tailRoute } from './tail.js';

/** What each route has at hand. */
export interface RouteContext {
  readonly app: AppDefinition;
  readonly settings: Settings;
  readonly tokens: TokenVerifier;
  readonly log: Logger;
  readonly keys: SnapshotKeys;
  readonly schemas: Schemas;
  readonly limits: RateLimits;
  readonly owners: Owners;
}

/** `operator`: the caller has shown the admin token, and is told of errors what concerns the server alone. */
export interface RouteTypes {
  readonly Bindings: Env;
  readonly Variables: { millrace: RouteContext; operator?: true };
}

export type Router = Hono<RouteTypes>;

/** All routes of the Worker; every other path is the site's. */
export function createRouter(
  app: AppDefinition,
): (request: Request, env: Env, ctx: ExecutionContext) => Promise<Response> {
  const router: Router = new Hono();
  const context = once((env: Env) => routeContext(app, env));

  router.use('*', async (c, next) => {
    c.set('millrace', context(c.env));
    await next();
  });
  healthzRoute(router);
  crossOrigin(router);
  clientsRoute(router);
  changesRoute(router);
  snapshotsRoute(router);
  tailRoute(router);
  schemaRoutes(router);
  checksumsRoute(router);
  syncRoute(router);
  devSignInRoutes(router);
  adminRoutes(router);
  router.all('/api/*', () => {
    throw new SyncError('not-found', 'there is no such route');
  });
  siteRoute(router);
  router.onError((error, c) => {
    const context: RouteContext | undefined = c.get('millrace');
    // Without context it is a setting that is wrong: whoever set the Worker up has to see which.
    const told =
      context && !c.get('operator') ? publicError(error, context.log) : knownError(error, context?.log ?? bareLogger());
    return problemResponse(told);
  });

  return async (request, env, ctx) => router.fetch(request, env, ctx);
}

function routeContext(app: AppDefinition, env: Env): RouteContext {
  const settings = readSettings(env);
  return {
    app,
    settings,
    tokens: createTokenVerifier(settings, systemClock.now),
    log: workerLogger(settings, 'worker'),
    keys: snapshotKeys(env, settings),
    schemas: new Schemas(env),
    limits: new RateLimits(systemClock.now),
    owners: new Owners(systemClock.now),
  };
}

/** Settings do not change while an isolate lives. */
function once<In, Out>(make: (input: In) => Out): (input: In) => Out {
  let made: { readonly value: Out } | null = null;
  return (input) => (made ??= { value: make(input) }).value;
}

/** For the one error that can come before settings are read: the settings. */
function bareLogger(): Logger {
  return workerLogger({ logLevel: 'info' }, 'worker');
}
