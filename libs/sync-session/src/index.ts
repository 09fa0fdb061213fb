export {
  cursorMove,
  deliver,
  fillFrame,
  mutationResult,
  type Delivery,
  type Recipient,
  type Standing,
} from './deliver/deliver.js';
export { packMessages } from './deliver/pack-messages.js';
export { everyRule, scopeClaims, scopeText } from './scope.js';
export {
  type PullResult,
  type Push,
  type SessionEffect,
  type SessionEvent,
  type SessionNote,
} from './session/session-event.js';
export {
  newSession,
  restoreSession,
  serialiseSession,
  type NewSession,
  type SerialisedSession,
  type SessionPhase,
  type SessionState,
} from './session/session-state.js';
export { SESSION_DEFAULTS, closeCodeOf, type SessionContext, type SessionStep } from './session/step.js';
export { sessionStep } from './session/session.js';
