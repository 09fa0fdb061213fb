import { DurableObject } from 'cloudflare:workers';
import { type HistoryPage } from '@millrace/change-history';
import { streamSnapshot } from '@millrace/hydration';
import { formatLsn, SyncError, systemClock, type Logger, type Position } from '@millrace/kernel';
import { connectPg, type SessionTimeouts } from '@millrace/postgres';
import type { ServerMessage } from '@millrace/sync-protocol';
import { rowKeysOf, type Claims } from '@millrace/sync-rules';
import { cursorMove, deliver } from '@millrace/sync-session';
import { unwrap } from '../answer.js';
import type { AppDefinition } from '../app.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { problemResponse } from '../routes/problem.js';
import { readSettings, type Settings } from '../settings.js';
import { gatewayOf } from './gateway-object.js';
import { replicationOf } from './replication-object.js';
import type { ObjectClass } from './object-class.js';

/** What the Worker orders: it has checked the token and that the client id is the caller's. */
export interface SnapshotOrder {
  readonly clientId: string;
  readonly schemaVersion: string;
  readonly claims: Claims;
}

export type SnapshotRpc = Rpc.DurableObjectBranded;

const TIMEOUTS: SessionTimeouts = { lockTimeoutMs: 2_000, statementTimeoutMs: 60_000, idleInTransactionTimeoutMs: 60_000 };

/** Builds one snapshot with one connection of its own, which it closes with the stream. */
export function snapshotObject(app: AppDefinition): ObjectClass<SnapshotRpc> {
  return class SnapshotDO extends DurableObject<Env> {
    readonly #settings: Settings;
    readonly #log: Logger;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'snapshot');
    }

    override async fetch(request: Request): Promise<Response> {
      try {
        const order = (await request.json()) as SnapshotOrder;
        if (order.schemaVersion !== app.schema.version) {
          throw new SyncError('schema-unknown', `this server has schema ${app.schema.version}, the client ${order.schemaVersion}: update the app`);
        }
        return new Response(this.#stream(order), { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'private, no-store' } });
      } catch (error) {
        return problemResponse(error, this.#log);
      }
    }

    #stream(order: SnapshotOrder): ReadableStream<Uint8Array> {
      const ending = new AbortController();
      const blocks = this.#blocks(order, ending.signal);
      return new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          const { done, value } = await blocks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        // The client has gone: let go of the snapshot's transaction and connection at once.
        cancel: async () => {
          ending.abort();
          await blocks.return(undefined);
        },
      });
    }

    async *#blocks(order: SnapshotOrder, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
      const sql = await connectPg({ connectionString: this.#settings.databaseUrl, applicationName: 'millrace-snapshot', ...TIMEOUTS });
      try {
        yield* streamSnapshot({
          sql,
          schema: app.schema,
          claims: order.claims,
          slot: this.#settings.slot,
          waitForCapture: async (lsn) => unwrap(await replicationOf(this.env).waitFor(formatLsn(lsn))),
          readTail: (after, upTo) => this.#tail(order, after, upTo),
          logger: this.#log,
          clock: systemClock,
          signal,
        });
      } finally {
        await sql.close();
      }
    }

    /** (S, H] as frames: exactly what the socket would deliver [S2]. */
    async *#tail(order: SnapshotOrder, after: Position, upTo: Position): AsyncGenerator<readonly ServerMessage[], void, void> {
      const viewer = { schema: app.schema, claims: order.claims, clientId: order.clientId };
      const rowKeys = rowKeysOf(app.schema, order.claims, order.clientId);
      let from = after;
      while (from.seq < upTo.seq) {
        const page = await this.#page(order.clientId, from, upTo, rowKeys);
        let cursor = page.from;
        for (const transaction of page.transactions) {
          const delivery = deliver(transaction, { ...viewer, from: cursor.seq });
          if (delivery.kind === 'resync') throw new SyncError('snapshot-failed', `a change made meanwhile cannot be replayed (${delivery.cause}): try again`);
          if (delivery.messages.length === 0) continue;
          yield delivery.messages;
          cursor = transaction.position;
        }
        if (cursor.seq < page.to.seq) yield cursorMove(cursor.seq, page.to);
        from = page.to;
      }
    }

    async #page(clientId: string, after: Position, upTo: Position, rowKeys: readonly string[]): Promise<HistoryPage> {
      const result = unwrap(await gatewayOf(this.env, clientId, this.#settings.gateways).page(after, upTo, rowKeys));
      if (result.kind !== 'page') throw new SyncError('snapshot-failed', `history changed while the snapshot was read (${result.kind}): try again`);
      return result.page;
    }
  };
}

export function snapshotOf(env: Env, clientId: string): DurableObjectStub<SnapshotRpc> {
  return env.SNAPSHOT.get(env.SNAPSHOT.idFromName(clientId));
}
