import { positionFromJson, positionToJson, type Position, type PositionJson } from '@millrace/kernel';
import type { Claims } from '@millrace/sync-rules';

/**
 * `new`: socket open, no `hello` yet. `registering`: `hello` taken, waiting for the ReplicationDO's head. `live`: being delivered to.
 * `closed`: over; nothing that still arrives for it has an effect.
 */
export type SessionPhase = 'new' | 'registering' | 'live' | 'closed';

/** One socket's session. Small and JSON-safe by {@link serialiseSession}: it lives in the socket's attachment, never in storage [D5]. */
export interface SessionState {
  readonly phase: SessionPhase;
  readonly clientId: string;
  readonly sub: string;
  /** Only the claims that read rules name. */
  readonly claims: Claims;
  /** Which those are. */
  readonly claimNames: readonly string[];
  /** The scope that the claims give, by the rules of each version: a client whose rows were read for another one cannot go on [A4]. None once it has said `hello`. */
  readonly scopes: readonly string[];
  /** When the claims end to hold, ms since 1970. */
  readonly expiresAt: number;
  /** Of the client's tables behind the cursor, and of its app. */
  readonly schemaVersion: string;
  readonly appVersion: string;
  /** The tables are older than what is in force at the cursor: everything is told in their words. */
  readonly translated: boolean;
  /** The app cannot take what comes next: the cursor stays [M3]. */
  readonly halted: boolean;
  /** Highest mutation whose ack the client had applied at `hello`. */
  readonly ackedMutation: number;
  /** Where the last commit that was sent ends: the next delivery begins here (I4). Null before `hello`. */
  readonly cursor: Position | null;
  /** Characters of delivered text since `welcome`, and how many of them the client has made durable. */
  readonly sentChars: number;
  readonly ackedChars: number;
  /** History beyond the cursor may exist that was not delivered: a pull is due as soon as none runs and there is credit. */
  readonly behind: boolean;
  /** A pull is running. In memory only: whoever restores the session has lost it. */
  readonly pulling: boolean;
  /** A push waits for its answer until the session has come to rest. In memory only: an unanswered push has failed [D1]. */
  readonly owesAnswer: boolean;
  /** Pulls that failed in a row, and when to try again (ms since 1970). */
  readonly failedPulls: number;
  readonly retryAt: number | null;
  /** When to look by itself, should every doorbell have been lost (F41); before `hello`, when to give it up. */
  readonly sweepAt: number;
  /** The client waits for a checkpoint; the earliest time of the next one, and when one is due by itself (ms since 1970) [S6]. */
  readonly verifyAsked: boolean;
  readonly verifyFrom: number;
  readonly checkpointAt: number;
  /** A checkpoint is being made. In memory only. */
  readonly checkpointing: boolean;
}

export interface NewSession {
  readonly clientId: string;
  readonly sub: string;
  readonly claims: Claims;
  /** The scope of these claims, as a snapshot's manifest names it: one for each set of rules that the database has had. */
  readonly scopes: readonly string[];
  /** ms since 1970. */
  readonly expiresAt: number;
  /** When a socket that has not said `hello` is closed, ms since 1970. Default: with its token. */
  readonly helloBy?: number;
}

/** A session for a socket whose token has been verified and whose `hello` is to come. */
export function newSession({
  clientId,
  sub,
  claims,
  scopes,
  expiresAt,
  helloBy = expiresAt,
}: NewSession): SessionState {
  return {
    phase: 'new',
    clientId,
    sub,
    claims,
    claimNames: [],
    scopes,
    expiresAt,
    schemaVersion: '',
    appVersion: '',
    translated: false,
    halted: false,
    ackedMutation: 0,
    cursor: null,
    sentChars: 0,
    ackedChars: 0,
    behind: false,
    pulling: false,
    owesAnswer: false,
    failedPulls: 0,
    retryAt: null,
    sweepAt: helloBy,
    verifyAsked: false,
    verifyFrom: 0,
    checkpointAt: Number.MAX_SAFE_INTEGER,
    checkpointing: false,
  };
}

const FORMAT = 3;

/** What a socket attachment holds (≤ 16 KiB), as plain JSON. */
export type SerialisedSession = Omit<SessionState, 'cursor' | 'pulling' | 'owesAnswer' | 'checkpointing'> & {
  readonly format: number;
  readonly cursor: PositionJson | null;
};

export function serialiseSession(state: SessionState): SerialisedSession {
  const { cursor, pulling, owesAnswer: _inMemoryOnly, checkpointing, ...rest } = state;
  return {
    ...rest,
    format: FORMAT,
    behind: rest.behind || pulling,
    verifyAsked: rest.verifyAsked || checkpointing,
    cursor: cursor && positionToJson(cursor),
  };
}

/**
 * The session that an attachment holds, or null if another version of this code wrote it: then its socket is closed and the client says
 * `hello` again. After a restore a `woken` event resumes a pull that was lost with the memory (F43).
 */
export function restoreSession(attachment: unknown): SessionState | null {
  if (!isSerialised(attachment)) return null;
  const { format: _format, cursor, ...rest } = attachment;
  return {
    ...rest,
    cursor: cursor && positionFromJson(cursor),
    pulling: false,
    owesAnswer: false,
    checkpointing: false,
  };
}

/** The attachment never leaves our own process, so its format number vouches for its shape. */
function isSerialised(value: unknown): value is SerialisedSession {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT;
}

/** When the session has something to do by itself, ms since 1970. */
export function nextAlarm(state: SessionState): number {
  const { expiresAt, sweepAt, retryAt, checkpointing } = state;
  const verifyAt = state.verifyAsked ? state.verifyFrom : state.checkpointAt;
  return Math.min(expiresAt, sweepAt, retryAt ?? Infinity, checkpointing ? Infinity : verifyAt);
}
