import type { MutationMark } from '@millrace/change-history';
import { SyncError, type Clock, type Position, type Socket } from '@millrace/kernel';
import type { Registration } from '@millrace/replication';
import type { Catalogue } from '@millrace/schema-compat';
import { decodeClientMessages, type Checkpoint, type ClientMessage } from '@millrace/sync-protocol';
import {
  newSession,
  restoreSession,
  serialiseSession,
  sessionStep,
  type PullResult,
  type Push,
  type SessionEffect,
  type SessionEvent,
  type SessionNote,
  type SessionState,
} from '@millrace/sync-session';
import type { SeededRandom } from '@millrace/testing';
import { Channel, type Network } from '../network/network.js';
import { readToken, type TokenContent } from '../token.js';
import { scopeOf } from './fake-snapshots.js';

export interface SyncHostOptions {
  readonly clientId: string;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly network: Network;
  readonly register: (registration: Registration) => Position;
  readonly unregister: (clientId: string) => void;
  readonly page: (after: Position, rowKeys: readonly string[]) => PullResult;
  /** As far as history has come, and in force right behind a place of it [M2]. */
  readonly catalogue: () => Catalogue;
  readonly versionAt: (position: Position) => string;
  readonly ownerOf: (clientId: string) => string | undefined;
  readonly verdicts: (clientId: string, afterMutation: number, upTo: Position) => readonly MutationMark[];
  readonly checksums: (tenantId: string) => Promise<Checkpoint>;
  readonly onNote: (note: SessionNote, cursor: Position | null) => void;
}

interface Session {
  state: SessionState;
  readonly socket: Socket;
}

/** Small, so that credit runs out often [D5], and that clients are compared often [S6]. */
const BOUNDS = { windowChars: 3_000, sweepMs: 60_000, verifyMs: 2_000, checkpointMs: 10_000 };

/** One client's SyncDO: performs what its sessions decide. Attachments and the alarm outlive its memory. */
export class SyncHost {
  private sessions: Session[] = [];
  private waiting: ((cursor: Position | null) => void)[] = [];
  private dropWaiting: ((error: SyncError) => void)[] = [];
  private life = 0;
  private alarm: { readonly at: number; readonly cancel: () => void } | null = null;
  private readonly toReplication: Channel;

  private readonly options: SyncHostOptions;

  constructor(options: SyncHostOptions) {
    this.options = options;
    this.toReplication = new Channel(options.network);
  }

  accept(socket: Socket, token: TokenContent): void {
    const { sub, tenantId, role, exp } = token;
    const { clientId } = this.options;
    const scope = scopeOf(tenantId);
    const claims = { sub, tenantId, role };
    const state = newSession({ clientId, sub, claims, scopes: [scope], expiresAt: exp * 1000 });
    this.sessions.push({ state, socket });
  }

  message(socket: Socket, text: string): void {
    for (const message of decodeClientMessages(text)) {
      const session = this.sessionOf(socket);
      if (session) this.dispatch(session, this.eventOf(message));
    }
  }

  closed(socket: Socket): void {
    const session = this.sessionOf(socket);
    if (session) this.dispatch(session, { kind: 'closed' });
    this.sessions = this.sessions.filter((each) => each !== session);
  }

  /** Where the newest session stands. */
  get cursor(): Position | null {
    return this.current?.state.cursor ?? null;
  }

  private get current(): Session | undefined {
    return this.sessions.findLast(({ state }) => state.phase === 'live' || state.phase === 'registering');
  }

  /** By socket, since eviction replaces the sessions. */
  private sessionOf(socket: Socket): Session | undefined {
    return this.sessions.find((session) => session.socket === socket);
  }

  /** The ReplicationDO's call. Answered when the session has come to rest. */
  push(push: Push): Promise<Position | null> {
    const session = this.current;
    if (!session) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve);
      this.dropWaiting.push(reject);
      this.dispatch(session, { kind: 'push', push });
    });
  }

  /** Leaves memory; sockets stay open, and their attachments bring the sessions back (F43). */
  evict(): void {
    this.loseMemory();
    this.sessions = this.sessions.flatMap(({ state, socket }) => {
      const restored = restoreSession(JSON.parse(JSON.stringify(serialiseSession(state))));
      return restored ? [{ state: restored, socket }] : [];
    });
    for (const session of [...this.sessions]) this.dispatch(session, { kind: 'woken' });
  }

  /** The process dies: sockets and sessions with it, nobody unregisters. */
  die(): void {
    this.loseMemory();
    this.sessions = [];
  }

  private loseMemory(): void {
    this.life += 1;
    this.waiting = [];
    for (const drop of this.dropWaiting.splice(0)) drop(new SyncError('network', 'the object left memory'));
  }

  private eventOf(message: ClientMessage): SessionEvent {
    if (message.type === 'hello') return { kind: 'hello', hello: message };
    if (message.type === 'verify') return { kind: 'verify' };
    if (message.type === 'received') return { kind: 'received', received: message };
    try {
      const { sub, tenantId, role, exp } = readToken(message.token, this.options.clock.now());
      return { kind: 'auth', sub, claims: { sub, tenantId, role }, expiresAt: exp * 1000 };
    } catch {
      return { kind: 'refused', code: 'unauthenticated', message: 'the token is over' };
    }
  }

  private dispatch(session: Session, event: SessionEvent): void {
    const { clock, random, catalogue } = this.options;
    const context = { catalogue: catalogue(), now: clock.now(), random, ...BOUNDS };
    const { state, effects } = sessionStep(session.state, event, context);
    const cursor = session.state.cursor;
    session.state = state;
    for (const effect of effects) this.perform(session, effect, cursor);
  }

  private perform(session: Session, effect: SessionEffect, cursor: Position | null): void {
    const { socket } = session;
    switch (effect.kind) {
      case 'send':
        return socket.send(effect.text);
      case 'close':
        return socket.close(effect.code, effect.reason);
      case 'replace-older':
        for (const other of this.sessions) if (other !== session) this.dispatch(other, { kind: 'replaced' });
        return;
      case 'register':
        return this.register(session, effect);
      case 'unregister':
        return void this.toReplication.call(() => this.options.unregister(effect.clientId)).catch(ignoreLoss);
      case 'pull':
        return this.pull(session, effect);
      case 'answer':
        this.dropWaiting = [];
        for (const resolve of this.waiting.splice(0)) resolve(effect.cursor);
        return;
      case 'schedule':
        return this.schedule(effect.at);
      case 'checkpoint-wanted':
        return this.checkpoint(session, effect.asked);
      case 'note':
        return this.options.onNote(effect.note, session.state.cursor ?? cursor);
    }
  }

  /** One alarm for all sessions: the earliest time that one of them needs. It outlives the memory. */
  private schedule(at: number): void {
    const { clock } = this.options;
    if (this.alarm && this.alarm.at <= at) return;
    this.alarm?.cancel();
    const cancel = clock.after(at - clock.now(), () => {
      this.alarm = null;
      for (const session of [...this.sessions]) this.dispatch(session, { kind: 'alarm' });
    });
    this.alarm = { at, cancel };
  }

  private register(
    session: Session,
    { clientId, sub, rowKeys, cursor, afterMutation }: SessionEffect & { kind: 'register' },
  ): void {
    const { ownerOf, verdicts, versionAt, register, network } = this.options;
    const settle = this.whileAlive(session);
    if (ownerOf(clientId) !== sub)
      return settle({ kind: 'register-failed', code: 'unknown-client', message: 'not registered' });
    this.toReplication
      .call(() => register({ clientId, sub, rowKeys }))
      .then(async (head) => {
        const marks = await network.call(() => verdicts(clientId, afterMutation, cursor));
        settle({ kind: 'registered', head, verdicts: marks, schemaVersion: versionAt(cursor) });
      })
      .catch((error: unknown) => settle({ kind: 'register-failed', ...failureOf(error) }));
  }

  private pull(session: Session, { after, rowKeys }: SessionEffect & { kind: 'pull' }): void {
    const settle = this.whileAlive(session);
    this.options.network
      .call(() => this.options.page(after, rowKeys))
      .then((result) => settle({ kind: 'pulled', result }))
      .catch((error: unknown) => settle({ kind: 'pull-failed', ...failureOf(error) }));
  }

  private checkpoint(session: Session, asked: boolean): void {
    const settle = this.whileAlive(session);
    this.options.network
      .call(() => this.options.checksums(session.state.claims['tenantId'] ?? ''))
      .then((checkpoint) => settle({ kind: 'checkpoint', checkpoint }))
      .catch((error: unknown) => settle({ kind: 'checkpoint-failed', asked, ...failureOf(error) }));
  }

  /** Reports to the session unless the memory that asked is gone. */
  private whileAlive(session: Session): (event: SessionEvent) => void {
    const { life } = this;
    return (event) => {
      if (this.life === life) this.dispatch(session, event);
    };
  }
}

function failureOf(error: unknown): { readonly code: SyncError['code']; readonly message: string } {
  if (!(error instanceof SyncError)) throw error;
  return { code: error.code, message: error.message };
}

function ignoreLoss(error: unknown): void {
  if (!(error instanceof SyncError)) throw error;
}
