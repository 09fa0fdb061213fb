import { SyncError } from '@millrace/kernel';
import { fitOf, inForce, schemaOfVersion, stepsBetween, type Catalogue, type Fit } from '@millrace/schema-compat';
import type { MigrationsAnswer, SchemaAnswer } from '@millrace/sync-protocol';
import { principalOf, type RouteCall } from './principal.js';
import type { Router } from './router.js';

/** A version means one schema for ever [M2]; which one is in force now is no part of that. */
const IMMUTABLE = { 'cache-control': 'private, max-age=31536000, immutable' };
const CURRENT = { 'cache-control': 'private, no-store' };
const VERSION_CHARS = 256;

/**
 * `GET /api/schema?version=V&tables=T&app=A`: a schema that this database has had, by default the one in force; with `tables` and `app`, how a client with these
 * fits. `GET /api/migrations?from=V`: the steps from V to the schema in force. Retry network errors, 429 and 5xx; 409 names the version in force.
 */
export function schemaRoutes(router: Router): void {
  router.get('/api/schema', async (c) => {
    const { sub } = await principalOf(c);
    const { limits, schemas } = c.get('millrace');
    limits.take('schema', sub);
    const [version, tables, app] = [versionOf(c, 'version'), versionOf(c, 'tables'), versionOf(c, 'app')];
    const catalogue = await schemas.current();
    const now = inForce(catalogue).version;
    const schema = schemaOfVersion(catalogue, version ?? now);
    if (!schema) throw new SyncError('schema-unknown', `this database never had schema ${version}; in force is ${now}`);
    const fit = fitFor(catalogue, tables, app);
    const headers = version !== null && fit === null ? { ...IMMUTABLE, etag: `"${schema.version}"` } : CURRENT;
    if ('etag' in headers && c.req.header('if-none-match') === headers.etag) return c.body(null, 304, headers);
    return c.json({ schema, inForce: now, fit } satisfies SchemaAnswer, 200, headers);
  });

  router.get('/api/migrations', async (c) => {
    const { sub } = await principalOf(c);
    const { limits, schemas } = c.get('millrace');
    limits.take('schema', sub);
    const from = versionOf(c, 'from');
    if (from === null) throw new SyncError('invalid-message', 'name a version: ?from=<version>');
    const catalogue = await schemas.current();
    const now = inForce(catalogue).version;
    const steps = stepsBetween(catalogue, from, now);
    const answer: MigrationsAnswer = steps
      ? { state: 'known', inForce: now, steps: steps.map(({ direction, migration }) => ({ direction, migration })) }
      : { state: 'unknown', inForce: now };
    return c.json(answer, 200, CURRENT);
  });
}

function fitFor(catalogue: Catalogue, tables: string | null, app: string | null): Fit | null {
  return tables === null || app === null ? null : fitOf(catalogue, { tables, app });
}

function versionOf(c: RouteCall, name: string): string | null {
  const text = c.req.query(name);
  if (text === undefined) return null;
  if (text === '' || text.length > VERSION_CHARS) throw new SyncError('invalid-message', `${name} is no version`);
  return text;
}
