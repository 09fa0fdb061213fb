import type { SyncError } from '@millrace/kernel';
import type { ClientEvent } from './client-event.js';
import type { ClientState } from './client-state.js';
import { TIMING } from './client-timing.js';
import { after, fail, step, type ClientStep } from './connecting.js';

/** A conflict is answered at once, since after settling the next try should do; if that goes on, there is a wait. */
const PROMPT_CONFLICTS = 2;

/** Sends what is unsent, if it may: one request at a time, so that mutations go up in order [W2]. Only when welcomed: `welcome` settles first what the server already has. */
export function pushSoon(state: ClientState): ClientStep {
  if (state.phase !== 'live' || state.pushing !== 'idle' || state.store.unsent === 0) return step(state);
  return step({ ...state, pushing: 'in-flight' }, { type: 'push' });
}

/** Verdicts came. They only tell the UI early; the ack is due in the stream [W5]. */
export function pushed(state: ClientState, event: Extract<ClientEvent, { type: 'pushed' }>): ClientStep {
  const idle: ClientState = { ...state, pushing: 'idle', store: event.summary };
  if (event.results === 0 && event.summary.unsent > 0) return pushLater(idle);
  const next = pushSoon({ ...idle, pushAttempt: 0 });
  const awaitsAck = state.phase === 'live' && event.summary.pending > event.summary.unsent;
  return awaitsAck ? after([{ type: 'start-timer', timer: 'ack', delay: { ms: TIMING.ack } }], next) : next;
}

/** The server stood elsewhere; the outbox is renumbered. */
export function reconciled(state: ClientState, event: Extract<ClientEvent, { type: 'reconciled' }>): ClientStep {
  const idle: ClientState = { ...state, pushing: 'idle', store: event.summary };
  if (state.pushAttempt >= PROMPT_CONFLICTS) return pushLater(idle);
  return pushSoon({ ...idle, pushAttempt: state.pushAttempt + 1 });
}

/** Nothing was lost: the same mutations go again, and their txIds keep them from happening twice (I3). */
export function pushFailed(state: ClientState, error: SyncError): ClientStep {
  const idle: ClientState = { ...state, pushing: 'idle', fault: { code: error.code, message: error.message } };
  if (error.code === 'unknown-client' && state.phase === 'live') return fail(idle, error);
  return pushLater(idle);
}

function pushLater(state: ClientState): ClientStep {
  if (state.phase !== 'live') return step(state);
  return step(
    { ...state, pushing: 'waiting', pushAttempt: state.pushAttempt + 1 },
    { type: 'start-timer', timer: 'push', delay: { attempt: state.pushAttempt } },
  );
}
