import { DurableObject } from 'cloudflare:workers';
import { streamSnapshot } from '@millrace/hydration';
import { formatLsn, SyncError, systemClock, type Logger } from '@millrace/kernel';
import { connectPg, type SessionTimeouts } from '@millrace/postgres';
import { rowKeysOf } from '@millrace/sync-rules';
import { unwrap } from '../answer.js';
import type { AppDefinition } from '../app.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { problemResponse } from '../problem.js';
import { publicError } from '../public-error.js';
import { readSettings, type Settings } from '../settings.js';
import type { ObjectClass } from './object-class.js';
import type { SnapshotOrder, SnapshotRpc } from './rpc.js';
import { buildSnapshot, type SnapshotBuild } from './snapshot-build.js';
import { snapshotTail } from './snapshot-tail.js';
import { gatewayOf, replicationOf } from './stubs.js';

const TIMEOUTS: SessionTimeouts = {
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 60_000,
  idleInTransactionTimeoutMs: 60_000,
};
const HEADERS = { 'content-type': 'application/octet-stream', 'cache-control': 'private, no-store' };

/** Builds one snapshot at a time, with one connection of its own [Z2]: a client that asks again has given the former one up. */
export function snapshotObject(app: AppDefinition): ObjectClass<SnapshotRpc> {
  return class SnapshotDO extends DurableObject<Env> {
    readonly #settings: Settings;
    readonly #log: Logger;
    #former: SnapshotBuild | null = null;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'snapshot');
    }

    /** Connects before the first byte is sent: until then a failure still has a status. */
    override async fetch(request: Request): Promise<Response> {
      try {
        const order = (await request.json()) as SnapshotOrder;
        if (order.schemaVersion !== app.schema.version) {
          throw new SyncError(
            'schema-unknown',
            `this server has schema ${app.schema.version}, the client ${order.schemaVersion}: update the app`,
          );
        }
        const build = await this.#begin(order);
        request.signal.addEventListener('abort', build.end, { once: true });
        return new Response(build.body, { headers: HEADERS });
      } catch (error) {
        return problemResponse(publicError(error, this.#log));
      }
    }

    async #begin(order: SnapshotOrder): Promise<SnapshotBuild> {
      const { databaseUrl, slot, gateways } = this.#settings;
      const { clientId, claims } = order;
      const sql = await connectPg({ connectionString: databaseUrl, applicationName: 'millrace-snapshot', ...TIMEOUTS });
      this.#former?.end();
      const rowKeys = rowKeysOf(app.schema, claims, clientId);
      const tail = {
        schema: app.schema,
        claims,
        clientId,
        readPage: async (after: Parameters<typeof snapshotTail>[1], upTo: Parameters<typeof snapshotTail>[2]) =>
          unwrap(await gatewayOf(this.env, clientId, gateways).page(after, upTo, rowKeys)),
      };
      this.#former = buildSnapshot(sql, (signal) =>
        streamSnapshot({
          sql,
          schema: app.schema,
          claims,
          slot,
          waitForCapture: async (lsn) => unwrap(await replicationOf(this.env).waitFor(formatLsn(lsn))),
          readTail: (after, upTo) => snapshotTail(tail, after, upTo),
          logger: this.#log,
          clock: systemClock,
          signal,
        }),
      );
      return this.#former;
    }
  };
}
