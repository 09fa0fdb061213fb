import { DurableObject } from 'cloudflare:workers';
import { errorText, SyncError, systemClock, systemRandom, type ErrorCode, type Logger, type Position } from '@millrace/kernel';
import { BEARER_PREFIX, decodeClientMessages, SUBPROTOCOL, type ClientMessage } from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import {
  newSession,
  sessionStep,
  restoreSession,
  serialiseSession,
  SESSION_DEFAULTS,
  type Push,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
} from '@millrace/sync-session';
import { answer, unwrap, type Answer } from '../answer.js';
import type { AppDefinition } from '../app.js';
import { createTokenVerifier, type TokenVerifier } from '../auth/tokens.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { problemResponse } from '../routes/problem.js';
import { readSettings, type Settings } from '../settings.js';
import { gatewayOf } from './gateway-object.js';
import { pullHistory, replicationOf } from './replication-object.js';
import type { ObjectClass } from './object-class.js';

/** Set by the Worker after it has verified the token; it builds the request anew, so that a caller cannot set it. */
export const PRINCIPAL_HEADER = 'x-millrace-principal';

/** One client's bridge: the session reducer decides, this shell performs. */
export interface SyncRpc extends Rpc.DurableObjectBranded {
  /** Resolves with the cursor once the push has been taken in, or null if nobody is connected [D1]. */
  push(push: Push): Promise<Answer<Position | null>>;
}

export function syncObject(app: AppDefinition): ObjectClass<SyncRpc> {
  return class SyncDO extends DurableObject<Env> implements SyncRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #tokens: TokenVerifier;
    readonly #sessions = new Map<WebSocket, SessionState>();
    #waitingPushes: ((cursor: Position | null) => void)[] = [];

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'sync');
      this.#tokens = createTokenVerifier(this.#settings, systemClock.now);
      for (const socket of this.ctx.getWebSockets()) this.#restore(socket);
    }

    /** The upgrade. Who may speak for which client is settled before a socket exists (X7). */
    override async fetch(request: Request): Promise<Response> {
      try {
        const principal = JSON.parse(decodeURIComponent(request.headers.get(PRINCIPAL_HEADER) ?? '')) as Principal;
        const clientId = new URL(request.url).pathname.slice(1);
        await this.#checkOwner(clientId, principal.sub);
        const { 0: theirs, 1: ours } = new WebSocketPair();
        this.ctx.acceptWebSocket(ours);
        const { sub, claims, expiresAt } = principal;
        this.#keep(ours, newSession({ clientId, sub, claims, expiresAt: expiresAt * 1000 }));
        return new Response(null, { status: 101, webSocket: theirs, headers: { 'sec-websocket-protocol': SUBPROTOCOL } });
      } catch (error) {
        return problemResponse(error, this.#log);
      }
    }

    async push(push: Push): Promise<Answer<Position | null>> {
      return answer(this.#log, async () => {
        const live = [...this.#sessions].find(([, session]) => session.phase === 'live' || session.phase === 'registering');
        if (!live) return null;
        const taken = new Promise<Position | null>((resolve) => this.#waitingPushes.push(resolve));
        this.#dispatch(live[0], { kind: 'push', push });
        return taken;
      });
    }

    override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
      try {
        if (typeof message !== 'string') throw new SyncError('invalid-message', 'frames are text');
        for (const frame of decodeClientMessages(message)) this.#take(socket, frame);
      } catch (error) {
        this.#dispatch(socket, refusal(error, 'invalid-message'));
      }
    }

    override webSocketClose(socket: WebSocket): void {
      this.#dispatch(socket, { kind: 'closed' });
      this.#sessions.delete(socket);
    }

    override webSocketError(socket: WebSocket): void {
      this.webSocketClose(socket);
    }

    override alarm(): void {
      for (const socket of this.#sessions.keys()) this.#dispatch(socket, { kind: 'alarm' });
    }

    #take(socket: WebSocket, frame: ClientMessage): void {
      if (frame.type === 'hello') {
        this.#dispatch(socket, { kind: 'hello', hello: frame, rememberedScope: this.ctx.storage.kv.get<string>('scope') ?? null });
      } else if (frame.type === 'received') {
        this.#dispatch(socket, { kind: 'received', received: frame });
      } else {
        this.#settle(socket, this.#verify(frame.token), 'unauthenticated');
      }
    }

    async #verify(token: string): Promise<SessionEvent> {
      const { sub, claims, expiresAt } = await this.#tokens.verify(token.startsWith(BEARER_PREFIX) ? token.slice(BEARER_PREFIX.length) : token);
      return { kind: 'auth', sub, claims, expiresAt: expiresAt * 1000 };
    }

    #dispatch(socket: WebSocket, event: SessionEvent): void {
      const state = this.#sessions.get(socket);
      if (!state) return;
      const context = { schema: app.schema, now: systemClock.now(), random: systemRandom, ...SESSION_DEFAULTS };
      const step = sessionStep(state, event, context);
      this.#keep(socket, step.state);
      for (const effect of step.effects) this.#perform(socket, effect);
    }

    #perform(socket: WebSocket, effect: SessionEffect): void {
      switch (effect.kind) {
        case 'send':
          return sendQuietly(socket, effect.text);
        case 'close':
          return closeQuietly(socket, effect.code, effect.reason);
        case 'replace-older':
          return this.#others(socket).forEach((other) => this.#dispatch(other, { kind: 'replaced' }));
        case 'register':
          return this.#settle(socket, this.#register(effect), 'register-failed');
        case 'unregister':
          return this.ctx.waitUntil(replicationOf(this.env).unregister(effect.clientId));
        case 'pull':
          return this.#settle(socket, this.#pull(effect, this.#clientOf(socket)), 'pull-failed');
        case 'answer':
          return this.#answerPushes(effect.cursor);
        case 'schedule':
          return this.ctx.waitUntil(this.#schedule(effect.at));
        case 'remember':
          return this.ctx.storage.kv.put('scope', effect.scope);
        case 'resynced':
          this.#log.info('client must hydrate again', { cause: effect.cause, clientId: this.#clientOf(socket) });
          return this.ctx.waitUntil(replicationOf(this.env).countResync(effect.cause));
      }
    }

    async #register(effect: SessionEffect & { kind: 'register' }): Promise<SessionEvent> {
      const { clientId, sub, rowKeys, cursor, afterMutation } = effect;
      const head = unwrap(await replicationOf(this.env).register({ clientId, sub, rowKeys, cursor }));
      const verdicts = unwrap(await gatewayOf(this.env, clientId, this.#settings.gateways).verdicts(clientId, afterMutation, cursor));
      return { kind: 'registered', head, verdicts };
    }

    async #pull(effect: SessionEffect & { kind: 'pull' }, clientId: string): Promise<SessionEvent> {
      const result = await pullHistory(this.env, this.#settings, { clientId, after: effect.after, rowKeys: effect.rowKeys });
      return { kind: 'pulled', result };
    }

    /** Dispatches what `work` comes to; a failure is an event like any other. */
    #settle(socket: WebSocket, work: Promise<SessionEvent>, failed: 'register-failed' | 'pull-failed' | 'unauthenticated'): void {
      this.ctx.waitUntil(
        work.then(
          (event) => this.#dispatch(socket, event),
          (error: unknown) => this.#dispatch(socket, failed === 'unauthenticated' ? refusal(error, failed) : { ...failure(error), kind: failed }),
        ),
      );
    }

    #answerPushes(cursor: Position | null): void {
      const waiting = this.#waitingPushes;
      this.#waitingPushes = [];
      waiting.forEach((resolve) => resolve(cursor));
    }

    async #schedule(at: number): Promise<void> {
      const current = await this.ctx.storage.getAlarm();
      if (current === null || current > at || current <= systemClock.now()) await this.ctx.storage.setAlarm(at);
    }

    async #checkOwner(clientId: string, sub: string): Promise<void> {
      if (this.ctx.storage.kv.get('owner') === sub) return;
      unwrap(await gatewayOf(this.env, clientId, this.#settings.gateways).checkOwner(clientId, sub));
      this.ctx.storage.kv.put('owner', sub);
    }

    #restore(socket: WebSocket): void {
      const session = restoreSession(socket.deserializeAttachment());
      if (!session) return closeQuietly(socket, 1012, 'the server was updated: connect again');
      this.#sessions.set(socket, session);
      this.#dispatch(socket, { kind: 'woken' });
    }

    #keep(socket: WebSocket, state: SessionState): void {
      this.#sessions.set(socket, state);
      if (state.phase !== 'closed') socket.serializeAttachment(serialiseSession(state));
    }

    #others(socket: WebSocket): readonly WebSocket[] {
      return [...this.#sessions.keys()].filter((other) => other !== socket);
    }

    #clientOf(socket: WebSocket): string {
      return this.#sessions.get(socket)?.clientId ?? '';
    }
  };
}

function failure(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  return error instanceof SyncError ? { code: error.code, message: error.message } : { code: 'internal', message: errorText(error) };
}

function refusal(error: unknown, fallback: ErrorCode): SessionEvent {
  return { kind: 'refused', ...(error instanceof SyncError ? failure(error) : { code: fallback, message: 'the frame was refused' }) };
}

/** A socket that is already gone tells so by its close event, not here. */
function sendQuietly(socket: WebSocket, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text);
}

function closeQuietly(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
}

export function syncOf(env: Env, clientId: string): DurableObjectStub<SyncRpc> {
  return env.SYNC.get(env.SYNC.idFromName(clientId));
}
