import { DurableObject } from 'cloudflare:workers';
import type { InstanceEvent } from '@millrace/hydration';
import {
  CLOSE_CODE,
  SyncError,
  systemClock,
  systemRandom,
  type ErrorCode,
  type Logger,
  type Position,
} from '@millrace/kernel';
import type { ClientVersions } from '@millrace/schema-compat';
import {
  BEARER_PREFIX,
  decodeClientMessages,
  PING,
  PONG,
  SUBPROTOCOL,
  type ClientMessage,
} from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import {
  newSession,
  sessionStep,
  SESSION_DEFAULTS,
  type Push,
  type SessionEffect,
  type SessionEvent,
  type SessionNote,
} from '@millrace/sync-session';
import { answer, unwrap, type Answer } from '../answer.js';
import { createTokenVerifier, type TokenVerifier } from '../auth/tokens.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { publicError } from '../public-error.js';
import { refusedSocket } from '../refused-socket.js';
import { Schemas } from '../schemas.js';
import { readSettings, type Settings } from '../settings.js';
import { snapshotKeys, type SnapshotKeys } from '../snapshot-keys.js';
import { within } from '../within.js';
import { EarliestAlarm } from './earliest-alarm.js';
import { whenIdle } from './forgetting.js';
import { InstanceKeeper } from './instance-keeper.js';
import type { ObjectClass } from './object-class.js';
import { PRINCIPAL_HEADER, type SyncRpc } from './rpc.js';
import { sessionCalls, type SessionCalls } from './session-calls.js';
import { Sessions } from './sessions.js';
import { gatewayOf, replicationOf } from './stubs.js';

/** A socket that says nothing in this time is closed: it costs a connection, and nobody knows what it is for. */
const HELLO_MS = 10_000;
/** One client has one socket, and for moments those that it has just lost. */
const MAX_SOCKETS = 8;
/** Longer than any query of the gateway may take: who has not answered by then never will. */
const CALL_MS = 60_000;
/** All rows of a scope are read for it, and others may be before it. */
const CHECKPOINT_MS = 3 * 60_000;

interface Client {
  readonly clientId: string;
  readonly sub: string;
}

/** One client's bridge: the session reducer decides, this shell performs. */
export function syncObject(): ObjectClass<SyncRpc> {
  return class SyncDO extends DurableObject<Env> implements SyncRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #tokens: TokenVerifier;
    readonly #alarm: EarliestAlarm;
    readonly #calls: SessionCalls;
    readonly #keys: SnapshotKeys;
    readonly #schemas: Schemas;
    readonly #instance: InstanceKeeper;
    readonly #sessions = new Sessions<WebSocket>();
    #waitingPushes: ((cursor: Position | null) => void)[] = [];
    /** What came before the schemas were known. */
    #early: { readonly socket: WebSocket; readonly event: SessionEvent }[] = [];

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'sync');
      this.#tokens = createTokenVerifier(this.#settings, systemClock.now);
      this.#alarm = new EarliestAlarm(this.ctx.storage);
      this.#keys = snapshotKeys(env, this.#settings);
      this.#schemas = new Schemas(env);
      const { gateways } = this.#settings;
      this.#calls = sessionCalls({ env, gateways, keys: this.#keys, schemas: this.#schemas });
      this.#instance = this.#createInstance();
      // Answered by the runtime: a client that asks whether anybody is there wakes nobody [Z1].
      this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
      for (const socket of this.ctx.getWebSockets()) this.#restore(socket);
    }

    /** The upgrade. Who may speak for which client is settled before a session exists (X7). */
    override async fetch(request: Request): Promise<Response> {
      try {
        const principal = JSON.parse(decodeURIComponent(request.headers.get(PRINCIPAL_HEADER) ?? '')) as Principal;
        const clientId = new URL(request.url).pathname.slice(1);
        await this.#checkOwner(clientId, principal.sub);
        const scopes = await this.#keys.scopesOf(await this.#schemas.current(), principal.claims);
        return this.#open(clientId, principal, scopes);
      } catch (error) {
        return refusedSocket(publicError(error, this.#log));
      }
    }

    async push(push: Push): Promise<Answer<Position | null>> {
      return answer(this.#log, async () => {
        if (!this.#sessions.receiver()) return null;
        await this.#schemas.including(push.transactions);
        const receiver = this.#sessions.receiver();
        if (!receiver) return null;
        const taken = new Promise<Position | null>((resolve) => this.#waitingPushes.push(resolve));
        this.#dispatch(receiver, { kind: 'push', push });
        return taken;
      });
    }

    async noted(clientId: string, sub: string, event: InstanceEvent): Promise<void> {
      if (event.kind === 'snapshot-ordered')
        this.ctx.waitUntil(replicationOf(this.env).counted({ ...event, kind: 'ordered' }));
      this.#isOf(clientId, sub);
      await this.#instance.note(event);
      // It may never connect, and then only this counts its days.
      if (this.#sessions.size === 0 && this.ctx.storage.kv.get('idleSince') === undefined) await this.#idle();
    }

    async appVersion(): Promise<string | null> {
      return this.ctx.storage.kv.get<ClientVersions>('versions')?.app ?? null;
    }

    override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
      try {
        if (typeof message !== 'string') throw new SyncError('invalid-message', 'frames are text');
        for (const frame of decodeClientMessages(message)) this.#take(socket, frame);
      } catch (error) {
        this.#dispatch(socket, { kind: 'refused', ...this.#told(error) });
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
      for (const socket of this.#sessions.sockets()) this.#dispatch(socket, { kind: 'alarm' });
      if (this.#sessions.size === 0) await this.#idle();
    }

    async #idle(): Promise<void> {
      const step = whenIdle(this.ctx.storage.kv.get<number>('idleSince') ?? null, systemClock.now());
      if (step.kind === 'forget') {
        await this.#instance.note({ kind: 'forgotten' });
        return this.ctx.storage.deleteAll();
      }
      this.ctx.storage.kv.put('idleSince', step.idleSince);
      await this.#alarm.ask(step.at);
    }

    async #checkOwner(clientId: string, sub: string): Promise<void> {
      if (this.ctx.getWebSockets().length >= MAX_SOCKETS)
        throw new SyncError('too-many-requests', 'this client has too many sockets');
      if (this.ctx.storage.kv.get('owner') === sub) return;
      unwrap(await gatewayOf(this.env, clientId, this.#settings.gateways).checkOwner(clientId, sub));
      this.ctx.storage.kv.put('owner', sub);
    }

    #open(clientId: string, { sub, claims, expiresAt }: Principal, scopes: readonly string[]): Response {
      const { 0: theirs, 1: ours } = new WebSocketPair();
      // The tag is kept by the runtime, also while the object sleeps: registrations are told apart by it.
      this.ctx.acceptWebSocket(ours, [systemRandom.uuid()]);
      this.ctx.storage.kv.delete('idleSince');
      this.#isOf(clientId, sub);
      const helloBy = systemClock.now() + HELLO_MS;
      this.#sessions.keep(ours, newSession({ clientId, sub, claims, scopes, expiresAt: expiresAt * 1000, helloBy }));
      this.ctx.waitUntil(this.#alarm.ask(helloBy));
      return new Response(null, { status: 101, webSocket: theirs, headers: { 'sec-websocket-protocol': SUBPROTOCOL } });
    }

    #take(socket: WebSocket, frame: ClientMessage): void {
      if (frame.type === 'hello') {
        this.#dispatch(socket, { kind: 'hello', hello: frame });
      } else if (frame.type === 'received') {
        this.#dispatch(socket, { kind: 'received', received: frame });
      } else if (frame.type === 'verify') {
        this.#dispatch(socket, { kind: 'verify' });
      } else {
        this.#settle(socket, this.#verify(frame.token), 'refused');
      }
    }

    async #verify(token: string): Promise<SessionEvent> {
      const { sub, claims, expiresAt } = await this.#tokens.verify(
        token.startsWith(BEARER_PREFIX) ? token.slice(BEARER_PREFIX.length) : token,
      );
      return { kind: 'auth', sub, claims, expiresAt: expiresAt * 1000 };
    }

    #dispatch(socket: WebSocket, event: SessionEvent): void {
      const state = this.#sessions.stateOf(socket);
      if (!state) return;
      const catalogue = this.#schemas.known;
      if (!catalogue || this.#early.length > 0) return this.#later(socket, event);
      const context = { catalogue, now: systemClock.now(), random: systemRandom, ...SESSION_DEFAULTS };
      const step = sessionStep(state, event, context);
      this.#sessions.keep(socket, step.state);
      for (const effect of step.effects) this.#perform(socket, effect);
    }

    /** An object that was woken by one of its sockets has to ask first; events keep their order. */
    #later(socket: WebSocket, event: SessionEvent): void {
      this.#early.push({ socket, event });
      if (this.#early.length === 1) this.ctx.waitUntil(this.#takeEarly());
    }

    async #takeEarly(): Promise<void> {
      try {
        await within(systemClock, CALL_MS, 'asking for the schemas', this.#schemas.current());
      } catch (error) {
        this.#log.warn('no schema: sockets are closed', { reason: this.#told(error).message });
        this.#early = [];
        this.#answerPushes(null);
        for (const socket of this.#sessions.sockets())
          closeQuietly(socket, CLOSE_CODE.goingAway, 'not ready: connect again');
        return;
      }
      const early = this.#early;
      this.#early = [];
      for (const { socket, event } of early) this.#dispatch(socket, event);
    }

    #perform(socket: WebSocket, effect: SessionEffect): void {
      switch (effect.kind) {
        case 'send':
          return sendQuietly(socket, effect.text);
        case 'close':
          return closeQuietly(socket, effect.code, effect.reason);
        case 'replace-older':
          return this.#sessions.others(socket).forEach((other) => this.#dispatch(other, { kind: 'replaced' }));
        case 'register':
          return this.#settle(socket, this.#calls.register(effect, this.#idOf(socket)), 'register-failed');
        case 'unregister':
          return this.ctx.waitUntil(replicationOf(this.env).unregister(effect.clientId, this.#idOf(socket)));
        case 'pull':
          return this.#settle(socket, this.#calls.pull(effect, this.#sessions.clientOf(socket)), 'pull-failed');
        case 'answer':
          return this.#answerPushes(effect.cursor);
        case 'schedule':
          return this.ctx.waitUntil(this.#alarm.ask(effect.at));
        case 'checkpoint-wanted':
          return this.#checkpoint(socket, effect.asked);
        case 'note':
          return this.#note(socket, effect.note);
      }
    }

    #checkpoint(socket: WebSocket, asked: boolean): void {
      const claims = this.#sessions.stateOf(socket)?.claims ?? {};
      this.ctx.waitUntil(
        within(systemClock, CHECKPOINT_MS, 'a checkpoint', this.#calls.checkpoint(claims, asked)).then(
          (event) => this.#dispatch(socket, event),
          (error: unknown) => this.#dispatch(socket, { kind: 'checkpoint-failed', asked, ...this.#told(error) }),
        ),
      );
    }

    #note(socket: WebSocket, note: SessionNote): void {
      if (note.kind === 'resync' || note.kind === 'fill') {
        const { kind, cause } = note;
        const tables = note.kind === 'fill' ? note.tables : null;
        this.#log.info('client must load again', { kind, cause, tables, clientId: this.#sessions.clientOf(socket) });
        this.ctx.waitUntil(replicationOf(this.env).counted({ kind, cause, tables }));
      }
      if (note.kind === 'hello' || note.kind === 'schema') this.#saveVersions(note.versions);
      if (note.kind !== 'schema') this.ctx.waitUntil(this.#instance.note(note));
    }

    /** Written where it is news: a client that merely comes back costs the database nothing. */
    #saveVersions(versions: ClientVersions): void {
      const { kv } = this.ctx.storage;
      const former = kv.get<ClientVersions>('versions');
      const clientId = kv.get<Client>('client')?.clientId;
      if (clientId === undefined || (former?.tables === versions.tables && former.app === versions.app)) return;
      kv.put('versions', versions);
      const gateway = gatewayOf(this.env, clientId, this.#settings.gateways);
      const saved = async () => unwrap(await gateway.saveVersions(clientId, versions));
      this.ctx.waitUntil(
        within(systemClock, CALL_MS, 'saving versions', saved()).catch((error: unknown) => {
          kv.delete('versions'); // the next hello tries again
          this.#log.warn('the versions of a client were not saved', { reason: this.#told(error).message });
        }),
      );
    }

    /** Dispatches what `work` comes to; a failure, or no answer at all, is an event like any other. */
    #settle(
      socket: WebSocket,
      work: Promise<SessionEvent>,
      failed: 'register-failed' | 'pull-failed' | 'refused',
    ): void {
      this.ctx.waitUntil(
        within(systemClock, CALL_MS, 'a call of the session', work).then(
          (event) => this.#dispatch(socket, event),
          (error: unknown) => this.#dispatch(socket, { kind: failed, ...this.#told(error) }),
        ),
      );
    }

    #gone(socket: WebSocket): void {
      this.#dispatch(socket, { kind: 'closed' });
      this.#sessions.remove(socket);
      if (this.#sessions.size === 0) this.ctx.waitUntil(this.#idle());
    }

    #answerPushes(cursor: Position | null): void {
      const waiting = this.#waitingPushes;
      this.#waitingPushes = [];
      waiting.forEach((resolve) => resolve(cursor));
    }

    /** Whose object this is: it cannot read its name back. */
    #isOf(clientId: string, sub: string): void {
      const known = this.ctx.storage.kv.get<Client>('client');
      if (known?.clientId !== clientId || known.sub !== sub) this.ctx.storage.kv.put('client', { clientId, sub });
    }

    #createInstance(): InstanceKeeper {
      const client = () => this.ctx.storage.kv.get<Client>('client');
      return new InstanceKeeper({
        storage: this.ctx.storage.kv,
        clock: systemClock,
        log: this.#log,
        tell: async (state) => {
          const known = client();
          if (known) await replicationOf(this.env).instanceChanged(known.clientId, known.sub, state);
        },
        save: async (state) => {
          const known = client();
          if (!known) return;
          const gateway = gatewayOf(this.env, known.clientId, this.#settings.gateways);
          const saved = async () => unwrap(await gateway.saveInstance(known.clientId, state));
          await within(systemClock, CALL_MS, 'saving an instance', saved());
        },
      });
    }

    #restore(socket: WebSocket): void {
      if (this.#sessions.restore(socket)) this.#dispatch(socket, { kind: 'woken' });
      else closeQuietly(socket, 1012, 'the server was updated: connect again');
    }

    #told(error: unknown): { readonly code: ErrorCode; readonly message: string } {
      const { code, message } = publicError(error, this.#log);
      return { code, message };
    }

    #idOf(socket: WebSocket): string {
      return this.ctx.getTags(socket)[0] ?? '';
    }
  };
}

/** A socket that is already gone tells so by its close event, not here. */
function sendQuietly(socket: WebSocket, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text);
}

function closeQuietly(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
}
