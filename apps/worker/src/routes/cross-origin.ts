import { cors } from 'hono/cors';
import type { RouteCall } from './principal.js';
import type { Router } from './router.js';

/** What pages call. An operator's routes and the development sign-in are for our own pages alone. */
const PAGE_ROUTES = [
  '/api/clients',
  '/api/changes',
  '/api/snapshots',
  '/api/snapshots/*',
  '/api/tail',
  '/api/checksums',
];
const PREFLIGHT_SECONDS = 600;

/** Pages of the origins in MILLRACE_ALLOWED_ORIGINS may call over HTTP what they may open a socket for (X15). Without cookies: a token is all that counts. */
export function crossOrigin(router: Router): void {
  const allow = cors({
    origin: (origin, c: RouteCall) => (isAllowedOrigin(origin, c) ? origin : null),
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['authorization', 'content-type'],
    exposeHeaders: ['retry-after'],
    maxAge: PREFLIGHT_SECONDS,
  });
  for (const path of PAGE_ROUTES) router.use(path, allow);
}

/** Our own pages, and those of the list, to the letter. */
export function isAllowedOrigin(origin: string, c: RouteCall): boolean {
  return origin === new URL(c.req.url).origin || c.get('millrace').settings.allowedOrigins.includes(origin);
}
