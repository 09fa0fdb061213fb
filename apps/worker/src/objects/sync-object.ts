import { DurableObject } from 'cloudflare:workers';
import {
  CLOSE_CODE,
  SyncError,
  systemClock,
  systemRandom,
  type ErrorCode,
  type Logger,
  type Position,
} from '@millrace/kernel';
import { BEARER_PREFIX, decodeClientMessages, SUBPROTOCOL, type ClientMessage } from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import {
  newSession,
  sessionStep,
  SESSION_DEFAULTS,
  type Push,
  type SessionEffect,
  type SessionEvent,
} from '@millrace/sync-session';
import { answer, unwrap, type Answer } from '../answer.js';
import type { AppDefinition } from '../app.js';
import { createTokenVerifier, type TokenVerifier } from '../auth/tokens.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { publicError } from '../public-error.js';
import { refusedSocket } from '../refused-socket.js';
import { readSettings, type Settings } from '../settings.js';
import { within } from '../within.js';
import { EarliestAlarm } from './earliest-alarm.js';
import { whenIdle } from './forgetting.js';
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

/** One client's bridge: the session reducer decides, this shell performs. */
export function syncObject(app: AppDefinition): ObjectClass<SyncRpc> {
  return class SyncDO extends DurableObject<Env> implements SyncRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #tokens: TokenVerifier;
    readonly #alarm: EarliestAlarm;
    readonly #calls: SessionCalls;
    readonly #sessions = new Sessions<WebSocket>();
    #waitingPushes: ((cursor: Position | null) => void)[] = [];

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'sync');
      this.#tokens = createTokenVerifier(this.#settings, systemClock.now);
      this.#alarm = new EarliestAlarm(this.ctx.storage);
      this.#calls = sessionCalls(env, this.#settings.gateways);
      for (const socket of this.ctx.getWebSockets()) this.#restore(socket);
    }

    /** The upgrade. Who may speak for which client is settled before a session exists (X7). */
    override async fetch(request: Request): Promise<Response> {
      try {
        const principal = JSON.parse(decodeURIComponent(request.headers.get(PRINCIPAL_HEADER) ?? '')) as Principal;
        const clientId = new URL(request.url).pathname.slice(1);
        await this.#checkOwner(clientId, principal.sub);
        return this.#open(clientId, principal);
      } catch (error) {
        return refusedSocket(publicError(error, this.#log));
      }
    }

    async push(push: Push): Promise<Answer<Position | null>> {
      return answer(this.#log, async () => {
        const receiver = this.#sessions.receiver();
        if (!receiver) return null;
        const taken = new Promise<Position | null>((resolve) => this.#waitingPushes.push(resolve));
        this.#dispatch(receiver, { kind: 'push', push });
        return taken;
      });
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
      if (step.kind === 'forget') return this.ctx.storage.deleteAll();
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

    #open(clientId: string, { sub, claims, expiresAt }: Principal): Response {
      const { 0: theirs, 1: ours } = new WebSocketPair();
      // The tag is kept by the runtime, also while the object sleeps: registrations are told apart by it.
      this.ctx.acceptWebSocket(ours, [systemRandom.uuid()]);
      this.ctx.storage.kv.delete('idleSince');
      const helloBy = systemClock.now() + HELLO_MS;
      this.#sessions.keep(ours, newSession({ clientId, sub, claims, expiresAt: expiresAt * 1000, helloBy }));
      this.ctx.waitUntil(this.#alarm.ask(helloBy));
      return new Response(null, { status: 101, webSocket: theirs, headers: { 'sec-websocket-protocol': SUBPROTOCOL } });
    }

    #take(socket: WebSocket, frame: ClientMessage): void {
      if (frame.type === 'hello') {
        this.#dispatch(socket, {
          kind: 'hello',
          hello: frame,
          rememberedScope: this.ctx.storage.kv.get<string>('scope') ?? null,
        });
      } else if (frame.type === 'received') {
        this.#dispatch(socket, { kind: 'received', received: frame });
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
      const context = { schema: app.schema, now: systemClock.now(), random: systemRandom, ...SESSION_DEFAULTS };
      const step = sessionStep(state, event, context);
      this.#sessions.keep(socket, step.state);
      for (const effect of step.effects) this.#perform(socket, effect);
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
        case 'remember':
          return this.ctx.storage.kv.put('scope', effect.scope);
        case 'resynced':
          this.#log.info('client must hydrate again', {
            cause: effect.cause,
            clientId: this.#sessions.clientOf(socket),
          });
          return this.ctx.waitUntil(replicationOf(this.env).countResync(effect.cause));
      }
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
