import { CLOSE_CODE, type ErrorCode, type Random } from '@millrace/kernel';
import type { Catalogue } from '@millrace/schema-compat';
import { encodeServerMessages, type ResyncCause } from '@millrace/sync-protocol';
import { fillFrame } from '../deliver/deliver.js';
import type { SessionEffect } from './session-event.js';
import type { SessionState } from './session-state.js';

/** All that a session may know of the world. */
export interface SessionContext {
  /** As far as history has come. */
  readonly catalogue: Catalogue;
  /** ms since 1970. */
  readonly now: number;
  readonly random: Random;
  /** Characters in flight beyond which delivery stops until `received` [D5]. */
  readonly windowChars: number;
  /** A session that heard nothing for so long (ms) pulls by itself (F41). */
  readonly sweepMs: number;
  /** At least so long (ms) between two checkpoints that a client asks for, and between those that come by themselves [S6]. */
  readonly verifyMs: number;
  readonly checkpointMs: number;
}

/** Defaults of {@link SessionContext}'s bounds. */
export const SESSION_DEFAULTS = {
  windowChars: 2 * 1024 * 1024,
  sweepMs: 10 * 60_000,
  verifyMs: 10_000,
  checkpointMs: 60 * 60_000,
} as const;

/** A session and what its shell has to do now, in order. */
export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export function stay(state: SessionState): SessionStep {
  return { state, effects: [] };
}

/** `step` after these effects. */
export function after(effects: readonly SessionEffect[], step: SessionStep): SessionStep {
  return { state: step.state, effects: [...effects, ...step.effects] };
}

/** The end of a session, from our side or the client's. Waiting pushes learn that nobody is here. */
export function end(state: SessionState, closing: readonly SessionEffect[], keepRegistration = false): SessionStep {
  const wasRegistered = state.phase === 'registering' || state.phase === 'live';
  const effects: SessionEffect[] = [...closing];
  if (state.owesAnswer) effects.push({ kind: 'answer', cursor: null });
  if (wasRegistered && !keepRegistration) {
    effects.push({ kind: 'unregister', clientId: state.clientId });
    effects.push({ kind: 'note', note: { kind: 'closed', position: state.cursor } });
  }
  return { state: { ...state, ...AT_REST, phase: 'closed' }, effects };
}

const AT_REST = { behind: false, pulling: false, owesAnswer: false, verifyAsked: false, checkpointing: false };

/** Ends with an `error` frame. */
export function fail(state: SessionState, code: ErrorCode, message: string): SessionStep {
  return end(state, [
    { kind: 'note', note: { kind: 'error', code, message } },
    { kind: 'send', text: encodeServerMessages([{ type: 'error', code, message }]) },
    { kind: 'close', code: closeCodeOf(code), reason: code },
  ]);
}

/** Ends with a `resync` frame: this cursor cannot be continued [A4]. */
export function resync(state: SessionState, cause: ResyncCause, message: string): SessionStep {
  return end(state, [
    { kind: 'note', note: { kind: 'resync', cause, message } },
    { kind: 'send', text: encodeServerMessages([{ type: 'resync', cause, message }]) },
    { kind: 'close', code: CLOSE_CODE.resync, reason: cause },
  ]);
}

/** Ends with a `fill` frame: the client reads these tables anew, and comes back [S4]. */
export function fill(
  state: SessionState,
  needed: { readonly tables: readonly string[]; readonly cause: ResyncCause; readonly atLeast: bigint },
): SessionStep {
  const { tables, cause, atLeast } = needed;
  return end(state, [
    { kind: 'note', note: { kind: 'fill', cause, tables, atLeast } },
    { kind: 'send', text: encodeServerMessages([fillFrame(needed)]) },
    { kind: 'close', code: CLOSE_CODE.resync, reason: cause },
  ]);
}

/** The WebSocket close code by which a client learns of an error. */
export function closeCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'invalid-message':
    case 'limit-exceeded':
    case 'protocol-version':
      return CLOSE_CODE.protocolError;
    case 'unauthenticated':
      return CLOSE_CODE.unauthenticated;
    case 'forbidden':
      return CLOSE_CODE.forbidden;
    case 'unknown-client':
      return CLOSE_CODE.unknownClient;
    default:
      return CLOSE_CODE.internal;
  }
}
