import { positionFromJson, type Logger } from '@millrace/kernel';
import { inForce, stepsBetween, translateTable, type Catalogue } from '@millrace/schema-compat';
import { tailRequestSchema, type TailLine } from '@millrace/sync-protocol';
import { rowKeysOf } from '@millrace/sync-rules';
import { everyRule } from '@millrace/sync-session';
import { unwrap } from '../answer.js';
import { snapshotTail, type Held } from '../objects/snapshot-tail.js';
import { gatewayOf, replicationOf } from '../objects/stubs.js';
import { publicError } from '../public-error.js';
import { readJson } from './body.js';
import { principalOf } from './principal.js';
import type { Router } from './router.js';
import { servedSchema } from './served-schema.js';

const REQUEST_BYTES = 512 * 1024;
const BLOCK_CHARS = 64 * 1024;
const HEADERS = { 'content-type': 'application/x-ndjson', 'cache-control': 'private, no-store' };

/**
 * `POST /api/tail`: a line of JSON per transaction, and one that says how it ended; an answer without that one is cut, and may be asked for
 * again, as after network errors, 429 and 5xx. Pages are read as the caller takes them.
 */
export function tailRoute(router: Router): void {
  router.post('/api/tail', async (c) => {
    const principal = await principalOf(c);
    const { settings, limits, owners, log } = c.get('millrace');
    limits.take('tail', principal.sub);
    const request = await readJson(c.req.raw, tailRequestSchema, REQUEST_BYTES);
    await owners.check(c, request.clientId, principal);
    const catalogue = await servedSchema(c, request);
    const head = unwrap(await replicationOf(c.env).wake());
    const { clientId, schemaVersion: version } = request;
    const { claims } = principal;
    const rowKeys = rowKeysOf(everyRule(catalogue), claims, clientId);
    const gateway = gatewayOf(c.env, clientId, settings.gateways);
    const lines = snapshotTail(
      {
        catalogue,
        version,
        claims,
        clientId,
        head,
        readPage: async (after, upTo, held) =>
          unwrap(await gateway.page(after, upTo, rowKeys, heldInHistory(held, catalogue, version))),
      },
      { after: positionFromJson(request.after), atLeast: BigInt(request.atLeast), held: request.held },
    );
    return new Response(ndjson(lines, log), { headers: HEADERS });
  });
}

/** History names tables as they were called then. What goes by another name is sorted out when it is delivered. */
function heldInHistory(held: Held, catalogue: Catalogue, version: string): Held {
  const { version: now } = inForce(catalogue);
  if (version === now) return held;
  const way = stepsBetween(catalogue, version, now) ?? [];
  return Object.fromEntries(Object.entries(held).filter(([table]) => translateTable(table, way) === table));
}

/** Lines go out in blocks: one by one, thousands of small transactions would each pay for a turn of the stream. */
function ndjson(lines: AsyncGenerator<TailLine, void, void>, log: Logger): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const blocks = blocksOf(lines, log);
  let cancelled = false;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await blocks.next();
      if (cancelled) return;
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: async () => {
      cancelled = true;
      await blocks.return();
    },
  });
}

async function* blocksOf(lines: AsyncGenerator<TailLine, void, void>, log: Logger): AsyncGenerator<string, void, void> {
  let block = '';
  try {
    for await (const line of lines) {
      block += `${JSON.stringify(line)}\n`;
      if (block.length < BLOCK_CHARS) continue;
      yield block;
      block = '';
    }
  } catch (error) {
    const { code, message } = publicError(error, log);
    block += `${JSON.stringify({ kind: 'error', code, message } satisfies TailLine)}\n`;
  }
  if (block !== '') yield block;
}
