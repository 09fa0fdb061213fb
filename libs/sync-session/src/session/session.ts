import { CLOSE_CODE } from '@millrace/kernel';
import { checkpointIfDue, takeCheckpoint, takeCheckpointFailed, takeVerify } from './checkpoint.js';
import { pullIfDue, takePulled, takePullFailed, takePush, takeReceived } from './delivery.js';
import { takeAlarm, takeAuth, takeHello, takeRegistered, takeRegisterFailed, takeReplaced } from './handshake.js';
import type { SessionEvent } from './session-event.js';
import type { SessionState } from './session-state.js';
import { after, end, fail, stay, type SessionContext, type SessionStep } from './step.js';

/**
 * The SyncDO's core: one socket's session. Pure; total over phases and events. The shell performs the effects in order, stores
 * {@link serialiseSession} in the socket's attachment after each step, and hands results back as events.
 */
export function sessionStep(state: SessionState, event: SessionEvent, ctx: SessionContext): SessionStep {
  switch (state.phase) {
    case 'new':
      return whenNew(state, event, ctx);
    case 'registering':
      return whenRegistering(state, event, ctx);
    case 'live':
      return whenLive(state, event, ctx);
    case 'closed':
      return whenClosed(state, event);
  }
}

/** Before `hello` nothing else may come from the client, and pushes are for somebody else. */
function whenNew(state: SessionState, event: SessionEvent, ctx: SessionContext): SessionStep {
  switch (event.kind) {
    case 'hello':
      return takeHello(state, event, ctx);
    case 'received':
    case 'auth':
    case 'verify':
      return fail(state, 'invalid-message', `${event.kind} before hello`);
    case 'push':
      return { state, effects: [{ kind: 'answer', cursor: null }] };
    case 'alarm':
      return takeAlarm(state, ctx);
    default:
      return always(state, event);
  }
}

/** Doorbells already count; rows cannot be sent before `welcome`. */
function whenRegistering(state: SessionState, event: SessionEvent, ctx: SessionContext): SessionStep {
  switch (event.kind) {
    case 'registered':
      return takeRegistered(state, event, ctx);
    case 'register-failed':
      return takeRegisterFailed(state, event);
    case 'push':
      return { state: { ...state, behind: true }, effects: [{ kind: 'answer', cursor: state.cursor }] };
    case 'hello':
    case 'received':
    case 'verify':
      return fail(state, 'invalid-message', `${event.kind} before welcome`);
    case 'auth':
      return takeAuth(state, event, ctx);
    case 'alarm':
      return takeAlarm(state, ctx);
    case 'woken':
      // The registration was lost with the memory, and the client waits for `welcome`: let it say hello again.
      return end(state, [{ kind: 'close', code: CLOSE_CODE.goingAway, reason: 'restarted during the handshake' }]);
    default:
      return always(state, event);
  }
}

function whenLive(state: SessionState, event: SessionEvent, ctx: SessionContext): SessionStep {
  switch (event.kind) {
    case 'push':
      return takePush(state, event.push, ctx);
    case 'pulled':
      return takePulled(state, event.result, ctx);
    case 'pull-failed':
      return takePullFailed(state, ctx);
    case 'received':
      return takeReceived(state, event.received, ctx);
    case 'auth':
      return takeAuth(state, event, ctx);
    case 'alarm':
      return takeAlarm(state, ctx);
    case 'verify':
      return takeVerify(state, ctx);
    case 'checkpoint':
      return takeCheckpoint(state, event.checkpoint, ctx);
    case 'checkpoint-failed':
      return takeCheckpointFailed(state, event.asked);
    case 'woken':
      return takeWoken(state, ctx);
    case 'hello':
      return fail(state, 'invalid-message', 'a second hello');
    default:
      return always(state, event);
  }
}

/** Restored from its attachment: what was under way when the memory went is begun again (F43). */
function takeWoken(state: SessionState, ctx: SessionContext): SessionStep {
  const pulled = pullIfDue(state, ctx);
  return after(pulled.effects, checkpointIfDue(pulled.state, ctx));
}

/** Acks of a replaced socket and answers to its requests are ignored [D5]; a push learns that nobody is here. */
function whenClosed(state: SessionState, event: SessionEvent): SessionStep {
  if (event.kind === 'push') return { state, effects: [{ kind: 'answer', cursor: null }] };
  return stay(state);
}

/** What is the same in every phase before `closed`. */
function always(state: SessionState, event: SessionEvent): SessionStep {
  switch (event.kind) {
    case 'refused':
      return fail(state, event.code, event.message);
    case 'replaced':
      return takeReplaced(state, CLOSE_CODE.replacedByNewer);
    case 'closed':
      return end(state, []);
    default:
      return stay(state);
  }
}
