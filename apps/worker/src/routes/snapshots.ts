import { isUuid, SyncError } from '@millrace/kernel';
import { inForce, schemaBefore, type Catalogue } from '@millrace/schema-compat';
import { snapshotRequestSchema, type SnapshotRequest } from '@millrace/sync-protocol';
import { scopeClaims } from '@millrace/sync-session';
import { chunkKey, translatedView, type InstanceEvent } from '@millrace/hydration';
import type { BlobBody } from '@millrace/kernel';
import type { Principal } from '@millrace/sync-rules';
import { unwrap } from '../answer.js';
import { blobStoreOf } from '../blobs/blob-store-of.js';
import type { SnapshotOrder } from '../objects/rpc.js';
import { snapshotOf, syncOf } from '../objects/stubs.js';
import type { SnapshotPlace } from '../snapshot-keys.js';
import { readJson } from './body.js';
import { principalOf, type RouteCall } from './principal.js';
import type { Router } from './router.js';
import { servedSchema } from './served-schema.js';

const REQUEST_BYTES = 512 * 1024;
/** Of a scope, and nobody else's: no cache between us and the client may keep it [S5]. */
const PRIVATE = { 'cache-control': 'private, no-store' };

/**
 * `POST /api/snapshots`: 200 with the manifest of the rows in the caller's scope, or 202 while they are read: ask again after `retry-after`. May be
 * repeated at will; retry 429 and 5xx.
 *
 * `GET /api/snapshots/:id/chunks/:n?client=`: the bytes of a chunk, gzip'd where the caller takes that. Where it is kept is computed from the
 * caller's claims: the chunk of another scope is not there [S5]. Retry network errors, 429 and 5xx; 404 says that the manifest is out of date.
 */
export function snapshotsRoute(router: Router): void {
  router.post('/api/snapshots', async (c) => {
    const principal = await principalOf(c);
    c.get('millrace').limits.take('snapshots', principal.sub);
    const request = await readJson(c.req.raw, snapshotRequestSchema, REQUEST_BYTES);
    await c.get('millrace').owners.check(c, request.clientId, principal);
    const catalogue = await servedSchema(c, request);
    const tables = request.tables;
    note(c, request.clientId, principal, { kind: 'snapshot-ordered', cause: request.cause, tables });
    const order = await orderOf(c, { request, catalogue }, principal);
    const answer = unwrap(await snapshotOf(c.env, order.key).order(order));
    if (answer.state === 'building') {
      const seconds = Math.max(1, Math.ceil(answer.retryAfterMs / 1000));
      return c.json(answer, 202, { ...PRIVATE, 'retry-after': String(seconds) });
    }
    const chunks = answer.manifest.tables.reduce((sum, table) => sum + table.chunks.length, 0);
    note(c, request.clientId, principal, { kind: 'snapshot-ready', snapshotId: answer.manifest.id, chunks });
    return c.json(answer, 200, PRIVATE);
  });

  router.get('/api/snapshots/:id/chunks/:n', async (c) => {
    const principal = await principalOf(c);
    c.get('millrace').limits.take('chunks', principal.sub);
    const clientId = c.req.query('client') ?? '';
    if (!isUuid(clientId)) throw new SyncError('invalid-message', 'name the client: ?client=<uuid>');
    await c.get('millrace').owners.check(c, clientId, principal);
    const chunk = await findChunk(c, principal);
    note(c, clientId, principal, { kind: 'chunk-served' });
    return chunkResponse(c, chunk);
  });
}

interface Wanted {
  readonly request: SnapshotRequest;
  readonly catalogue: Catalogue;
}

async function orderOf(c: RouteCall, { request, catalogue }: Wanted, { claims }: Principal): Promise<SnapshotOrder> {
  const { keys } = c.get('millrace');
  const { tables, layouts, atLeast, not, schemaVersion: told } = request;
  const schema = inForce(catalogue);
  return {
    key: await keys.keyOf({ schema, told }, claims),
    claims: scopeClaims(schema, claims),
    schemaVersion: schema.version,
    told,
    scope: await keys.scopeOf(catalogue, claims),
    rulesVersion: await keys.rulesVersion(schema),
    tables,
    layouts,
    atLeast,
    not,
  };
}

/** Throws `not-found`, in the same words whether it is another's, was removed, or never was. */
async function findChunk(c: RouteCall, { claims }: Principal): Promise<BlobBody> {
  const { id = '', n = '' } = c.req.param() as { readonly id?: string; readonly n?: string };
  if (isUuid(id) && /^(0|[1-9]\d{0,5})$/.test(n)) {
    const blobs = blobStoreOf(c.env);
    const { keys, schemas } = c.get('millrace');
    for (const place of placesOf(await schemas.current())) {
      const found = await blobs.get(chunkKey(await keys.keyOf(place, claims), id, Number(n)));
      if (found) return found;
    }
  }
  throw new SyncError('not-found', 'there is no such chunk: ask for a new manifest');
}

/** Where a manifest's chunks may be that is still good: what it was made of is in force. */
function placesOf(catalogue: Catalogue): readonly SnapshotPlace[] {
  const schema = inForce(catalogue);
  const older = new Set(catalogue.steps.map((step) => schemaBefore(step).version));
  const told = [...older].reverse().filter((version) => translatedView(catalogue, version) !== null);
  return [{ schema }, ...told.map((version) => ({ schema, told: version }))];
}

function chunkResponse(c: RouteCall, { body, bytes }: BlobBody): Response {
  const headers = { ...PRIVATE, 'content-type': 'application/octet-stream', vary: 'accept-encoding' };
  if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(c.req.header('accept-encoding') ?? '')) {
    return new Response(body.pipeThrough(new DecompressionStream('gzip')), { headers });
  }
  // It is packed already: left to itself, workerd would pack it again.
  return new Response(body, {
    headers: { ...headers, 'content-encoding': 'gzip', 'content-length': String(bytes) },
    encodeBody: 'manual',
  });
}

/** Tells the client's object, without making the client wait for it. */
function note(c: RouteCall, clientId: string, { sub }: Principal, event: InstanceEvent): void {
  c.executionCtx.waitUntil(syncOf(c.env, clientId).noted(clientId, sub, event));
}
