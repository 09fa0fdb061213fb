import { CLOSE_CODE, systemClock, systemRandom, type ErrorCode, type Logger, type Position } from '@millrace/kernel';
import {
  sessionStep,
  SESSION_DEFAULTS,
  type Push,
  type SessionEffect,
  type SessionEvent,
  type SessionNote,
  type SessionState,
} from '@millrace/sync-session';
import type { Catalogue } from '@millrace/schema-compat';
import { publicError } from '../public-error.js';
import type { Schemas } from '../schemas.js';
import { within } from '../within.js';
import { closeQuietly, sendQuietly } from './client-socket.js';
import type { SessionCalls } from './session-calls.js';
import { Sessions } from './sessions.js';

/** Longer than any query of the gateway may take: who has not answered by then never will. */
export const CALL_MS = 60_000;
/** All rows of a scope are read for it, and others may be before it. */
const CHECKPOINT_MS = 3 * 60_000;

/** What ends a session looks at no schema. */
const NO_CATALOGUE: Catalogue = { compiled: { version: '0.0.0', tables: [] }, steps: [] };

type CallFailed = 'register-failed' | 'pull-failed' | 'refused';

export interface SessionHostOptions {
  readonly schemas: Pick<Schemas, 'known' | 'current' | 'including'>;
  readonly log: Logger;
  readonly calls: SessionCalls;
  /** By what the registrations of one client's sockets are told apart. */
  readonly socketId: (socket: WebSocket) => string;
  readonly schedule: (at: number) => Promise<void>;
  readonly unregister: (clientId: string, socketId: string) => Promise<void>;
  readonly noted: (note: SessionNote, clientId: string) => Promise<void>;
  /** Work that outlives the event in which it began. */
  readonly background: (work: Promise<unknown>) => void;
}

/** The sessions of one client's sockets: the reducer decides, this performs. */
export class SessionHost {
  readonly #options: SessionHostOptions;
  readonly #sessions = new Sessions<WebSocket>();
  #waitingPushes: ((cursor: Position | null) => void)[] = [];
  /** What came before the schemas were known. */
  #early: { readonly socket: WebSocket; readonly event: SessionEvent }[] = [];

  constructor(options: SessionHostOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  begin(socket: WebSocket, state: SessionState): void {
    this.#sessions.keep(socket, state);
  }

  /** After the object has slept. */
  restore(socket: WebSocket): void {
    if (this.#sessions.restore(socket)) this.dispatch(socket, { kind: 'woken' });
    else closeQuietly(socket, 1012, 'the server was updated: connect again');
  }

  /** Resolves with the cursor once the push has been taken in, or null if nobody is connected [D1]. */
  async push(push: Push): Promise<Position | null> {
    if (!this.#sessions.receiver()) return null;
    await this.#options.schemas.including(push.transactions);
    const receiver = this.#sessions.receiver();
    if (!receiver) return null;
    const taken = new Promise<Position | null>((resolve) => this.#waitingPushes.push(resolve));
    this.dispatch(receiver, { kind: 'push', push });
    return taken;
  }

  alarm(): void {
    for (const socket of this.#sessions.sockets()) this.dispatch(socket, { kind: 'alarm' });
  }

  gone(socket: WebSocket): void {
    // At once, though the schemas be unknown: its registration would keep the server awake [Z1].
    this.#early = this.#early.filter((early) => early.socket !== socket);
    this.#step(socket, { kind: 'closed' }, NO_CATALOGUE);
    this.#sessions.remove(socket);
    if (!this.#sessions.receiver()) this.#answerPushes(null);
  }

  refuse(socket: WebSocket, error: unknown): void {
    this.dispatch(socket, { kind: 'refused', ...this.#told(error) });
  }

  dispatch(socket: WebSocket, event: SessionEvent): void {
    if (!this.#sessions.stateOf(socket)) return;
    const catalogue = this.#options.schemas.known;
    if (!catalogue || this.#early.length > 0) this.#later(socket, event);
    else this.#step(socket, event, catalogue);
  }

  /** An object that was woken by one of its sockets has to ask first; events keep their order. */
  #later(socket: WebSocket, event: SessionEvent): void {
    this.#early.push({ socket, event });
    if (this.#early.length === 1) this.#options.background(this.#takeEarly());
  }

  async #takeEarly(): Promise<void> {
    const { schemas, log } = this.#options;
    try {
      await within(systemClock, CALL_MS, 'asking for the schemas', schemas.current());
    } catch (error) {
      log.warn('no schema: sockets are closed', { reason: this.#told(error).message });
      this.#early = [];
      this.#answerPushes(null);
      for (const socket of this.#sessions.sockets())
        closeQuietly(socket, CLOSE_CODE.goingAway, 'not ready: connect again');
      return;
    }
    const early = this.#early;
    this.#early = [];
    for (const { socket, event } of early) this.dispatch(socket, event);
  }

  #step(socket: WebSocket, event: SessionEvent, catalogue: Catalogue): void {
    const state = this.#sessions.stateOf(socket);
    if (!state) return;
    const context = { catalogue, now: systemClock.now(), random: systemRandom, ...SESSION_DEFAULTS };
    const step = sessionStep(state, event, context);
    this.#sessions.keep(socket, step.state);
    for (const effect of step.effects) this.#perform(socket, effect);
  }

  /** Dispatches what `work` comes to; a failure, or no answer at all, is an event like any other. */
  settle(socket: WebSocket, work: Promise<SessionEvent>, failed: CallFailed): void {
    this.#options.background(
      within(systemClock, CALL_MS, 'a call of the session', work).then(
        (event) => this.dispatch(socket, event),
        (error: unknown) => this.dispatch(socket, { kind: failed, ...this.#told(error) }),
      ),
    );
  }

  #perform(socket: WebSocket, effect: SessionEffect): void {
    const { calls, socketId, background, schedule, unregister, noted } = this.#options;
    switch (effect.kind) {
      case 'send':
        return sendQuietly(socket, effect.text);
      case 'close':
        return closeQuietly(socket, effect.code, effect.reason);
      case 'replace-older':
        return this.#sessions.others(socket).forEach((other) => this.dispatch(other, { kind: 'replaced' }));
      case 'register':
        return this.settle(socket, calls.register(effect, socketId(socket)), 'register-failed');
      case 'unregister':
        return background(unregister(effect.clientId, socketId(socket)));
      case 'pull':
        return this.settle(socket, calls.pull(effect, this.#sessions.clientOf(socket)), 'pull-failed');
      case 'answer':
        return this.#answerPushes(effect.cursor);
      case 'schedule':
        return background(schedule(effect.at));
      case 'checkpoint-wanted':
        return this.#checkpoint(socket, effect.asked);
      case 'note':
        return background(noted(effect.note, this.#sessions.clientOf(socket)));
    }
  }

  #checkpoint(socket: WebSocket, asked: boolean): void {
    const { background, calls } = this.#options;
    const claims = this.#sessions.stateOf(socket)?.claims ?? {};
    background(
      within(systemClock, CHECKPOINT_MS, 'a checkpoint', calls.checkpoint(claims, asked)).then(
        (event) => this.dispatch(socket, event),
        (error: unknown) => this.dispatch(socket, { kind: 'checkpoint-failed', asked, ...this.#told(error) }),
      ),
    );
  }

  #answerPushes(cursor: Position | null): void {
    const waiting = this.#waitingPushes;
    this.#waitingPushes = [];
    waiting.forEach((resolve) => resolve(cursor));
  }

  #told(error: unknown): { readonly code: ErrorCode; readonly message: string } {
    const { code, message } = publicError(error, this.#options.log);
    return { code, message };
  }
}
