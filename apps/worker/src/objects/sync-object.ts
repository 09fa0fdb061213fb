import { DurableObject } from 'cloudflare:workers';
import type { InstanceEvent } from '@millrace/hydration';
import { CLOSE_CODE, SyncError, systemClock, systemRandom, type Logger, type Position } from '@millrace/kernel';
import {
  BEARER_PREFIX,
  decodeClientMessages,
  PING,
  PONG,
  SUBPROTOCOL,
  type ClientMessage,
} from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import { newSession, type Push, type SessionEvent, type SessionNote } from '@millrace/sync-session';
import { answer, type Answer } from '../answer.js';
import { createTokenVerifier, type TokenVerifier } from '../auth/tokens.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { publicError } from '../public-error.js';
import { refusedSocket } from '../refused-socket.js';
import { Schemas } from '../schemas.js';
import { readSettings, type Settings } from '../settings.js';
import { snapshotKeys, type SnapshotKeys } from '../snapshot-keys.js';
import { ClientRecord } from './client-record.js';
import { EarliestAlarm } from './earliest-alarm.js';
import type { ObjectClass } from './object-class.js';
import { PRINCIPAL_HEADER, type SyncRpc } from './rpc.js';
import { sessionCalls } from './session-calls.js';
import { SessionHost } from './session-host.js';
import { replicationOf } from './stubs.js';

/** A socket that says nothing in this time is closed: it costs a connection, and nobody knows what it is for. */
const HELLO_MS = 10_000;
/** One client has one socket, and for moments those that it has just lost. */
const MAX_SOCKETS = 8;

/** One client's bridge between its sockets and the other objects. */
export function syncObject(): ObjectClass<SyncRpc> {
  return class SyncDO extends DurableObject<Env> implements SyncRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #tokens: TokenVerifier;
    readonly #alarm: EarliestAlarm;
    readonly #keys: SnapshotKeys;
    readonly #schemas: Schemas;
    readonly #client: ClientRecord;
    readonly #sessions: SessionHost;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const { gateways } = (this.#settings = readSettings(env));
      this.#log = workerLogger(this.#settings, 'sync');
      this.#tokens = createTokenVerifier(this.#settings, systemClock.now);
      this.#alarm = new EarliestAlarm(this.ctx.storage);
      this.#keys = snapshotKeys(env, this.#settings);
      this.#schemas = new Schemas(env);
      this.#client = new ClientRecord({
        env,
        storage: this.ctx.storage,
        alarm: this.#alarm,
        log: this.#log,
        gateways,
      });
      this.#sessions = this.#createSessions();
      // Answered by the runtime: a client that asks whether anybody is there wakes nobody [Z1].
      this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
      for (const socket of this.ctx.getWebSockets()) this.#sessions.restore(socket);
    }

    /** The upgrade. Who may speak for which client is settled before a session exists (X7). */
    override async fetch(request: Request): Promise<Response> {
      try {
        const principal = JSON.parse(decodeURIComponent(request.headers.get(PRINCIPAL_HEADER) ?? '')) as Principal;
        const clientId = new URL(request.url).pathname.slice(1);
        if (this.ctx.getWebSockets().length >= MAX_SOCKETS)
          throw new SyncError('too-many-requests', 'this client has too many sockets');
        await this.#client.checkOwner(clientId, principal.sub);
        const scopes = await this.#keys.scopesOf(await this.#schemas.current(), principal.claims);
        return this.#open(clientId, principal, scopes);
      } catch (error) {
        return refusedSocket(publicError(error, this.#log));
      }
    }

    push(push: Push): Promise<Answer<Position | null>> {
      return answer(this.#log, () => this.#sessions.push(push));
    }

    async noted(clientId: string, sub: string, event: InstanceEvent): Promise<void> {
      if (event.kind === 'snapshot-ordered')
        this.ctx.waitUntil(replicationOf(this.env).counted({ ...event, kind: 'ordered' }));
      this.#client.isOf(clientId, sub);
      await this.#client.note(event);
      // It may never connect, and then only this counts its days.
      if (this.#sessions.size === 0 && !this.#client.idle) await this.#client.rest();
    }

    async appVersion(): Promise<string | null> {
      return this.#client.versions?.app ?? null;
    }

    override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
      try {
        if (typeof message !== 'string') throw new SyncError('invalid-message', 'frames are text');
        for (const frame of decodeClientMessages(message)) this.#take(socket, frame);
      } catch (error) {
        this.#sessions.refuse(socket, error);
      }
    }

    override webSocketClose(socket: WebSocket): void {
      this.#gone(socket);
      // The runtime leaves the peer's close unanswered, and the peer would wait for it until it gives the connection up.
      if (socket.readyState !== WebSocket.CLOSED) socket.close(CLOSE_CODE.normal);
    }

    override webSocketError(socket: WebSocket): void {
      this.#gone(socket);
    }

    override async alarm(): Promise<void> {
      this.#sessions.alarm();
      if (this.#sessions.size === 0) await this.#client.rest();
    }

    #open(clientId: string, { sub, claims, expiresAt }: Principal, scopes: readonly string[]): Response {
      const { 0: theirs, 1: ours } = new WebSocketPair();
      // The tag is kept by the runtime, also while the object sleeps: registrations are told apart by it.
      this.ctx.acceptWebSocket(ours, [systemRandom.uuid()]);
      this.#client.came();
      this.#client.isOf(clientId, sub);
      const helloBy = systemClock.now() + HELLO_MS;
      this.#sessions.begin(ours, newSession({ clientId, sub, claims, scopes, expiresAt: expiresAt * 1000, helloBy }));
      this.ctx.waitUntil(this.#alarm.ask(helloBy));
      return new Response(null, { status: 101, webSocket: theirs, headers: { 'sec-websocket-protocol': SUBPROTOCOL } });
    }

    #take(socket: WebSocket, frame: ClientMessage): void {
      if (frame.type === 'hello') {
        this.#sessions.dispatch(socket, { kind: 'hello', hello: frame });
      } else if (frame.type === 'received') {
        this.#sessions.dispatch(socket, { kind: 'received', received: frame });
      } else if (frame.type === 'verify') {
        this.#sessions.dispatch(socket, { kind: 'verify' });
      } else {
        this.#sessions.settle(socket, this.#verify(frame.token), 'refused');
      }
    }

    async #verify(token: string): Promise<SessionEvent> {
      const { sub, claims, expiresAt } = await this.#tokens.verify(
        token.startsWith(BEARER_PREFIX) ? token.slice(BEARER_PREFIX.length) : token,
      );
      return { kind: 'auth', sub, claims, expiresAt: expiresAt * 1000 };
    }

    #gone(socket: WebSocket): void {
      this.#sessions.gone(socket);
      if (this.#sessions.size === 0) this.ctx.waitUntil(this.#client.rest());
    }

    #createSessions(): SessionHost {
      return new SessionHost({
        schemas: this.#schemas,
        log: this.#log,
        calls: sessionCalls({
          env: this.env,
          gateways: this.#settings.gateways,
          keys: this.#keys,
          schemas: this.#schemas,
        }),
        socketId: (socket) => this.ctx.getTags(socket)[0] ?? '',
        schedule: (at) => this.#alarm.ask(at),
        unregister: (clientId, socketId) => replicationOf(this.env).unregister(clientId, socketId),
        noted: (note, clientId) => this.#noted(note, clientId),
        background: (work) => this.ctx.waitUntil(work),
      });
    }

    async #noted(note: SessionNote, clientId: string): Promise<void> {
      if (note.kind === 'resync' || note.kind === 'fill') {
        const { kind, cause } = note;
        const tables = note.kind === 'fill' ? note.tables : null;
        this.#log.info('client must load again', { kind, cause, tables, clientId });
        this.ctx.waitUntil(replicationOf(this.env).counted({ kind, cause, tables }));
      }
      if (note.kind === 'hello' || note.kind === 'schema') this.ctx.waitUntil(this.#client.saveVersions(note.versions));
      if (note.kind !== 'schema') await this.#client.note(note);
    }
  };
}
