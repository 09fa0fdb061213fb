import { CLOSE_CODE, must, positionToJson, type SyncError } from '@millrace/kernel';
import { PROTOCOL_VERSION, type ClientMessage } from '@millrace/sync-protocol';
import type { ClientEffect, Step } from './client-effect.js';
import type { TimerName } from './client-event.js';
import type { ClientFault, ClientState, Phase } from './client-state.js';
import { TIMING } from './client-timing.js';
import { joinOrders, wholeOrder, type HydrationOrder } from './hydration/hydration-order.js';
import { verificationLost } from './verifying.js';

export type ClientStep = Step<ClientState>;

const CONNECTION_TIMERS: readonly TimerName[] = ['reconnect', 'push', 'stable', 'auth', 'handshake', 'ack'];

/** Codes after which trying again is pointless until somebody acts. */
const STOPPING = new Set<string>(['protocol-version', 'schema-unknown', 'forbidden']);

export function step(state: ClientState, ...effects: readonly ClientEffect[]): ClientStep {
  return { state, effects };
}

export function also(first: ClientStep, ...effects: readonly ClientEffect[]): ClientStep {
  return { state: first.state, effects: [...first.effects, ...effects] };
}

/** `effects`, then what `next` adds. */
export function after(effects: readonly ClientEffect[], next: ClientStep): ClientStep {
  return { state: next.state, effects: [...effects, ...next.effects] };
}

/** The next thing that is missing: registration, a snapshot, a socket. */
export function proceed(state: ClientState): ClientStep {
  if (!state.wanted) return step({ ...state, phase: 'offline' });
  if (state.schema.migrating) return step({ ...state, phase: 'waiting' });
  if (!state.registered) return step({ ...state, phase: 'registering' }, { type: 'register' });
  if (state.store.position === null) return hydrate(state, wholeOrder('new-client'));
  if (state.due !== null) return hydrate(state, state.due);
  // Rows of which nobody knows what they are: an older version of this code left them, or a step that did not come by the stream.
  if (state.store.scope === null)
    return hydrate(state, wholeOrder(state.schema.known.length > 0 ? 'schema-changed' : 'scope-changed'));
  return openSocket(state);
}

function hydrate(state: ClientState, order: HydrationOrder): ClientStep {
  const hydration = state.hydration + 1;
  return step(
    { ...state, phase: 'hydrating', due: order, hydration, progress: null },
    { type: 'hydrate', hydration, ...order },
  );
}

function openSocket(state: ClientState): ClientStep {
  const connection = state.connection + 1;
  return step(
    { ...state, phase: 'connecting', connection, greeted: false },
    { type: 'open-socket', connection },
    { type: 'start-timer', timer: 'handshake', delay: { ms: TIMING.handshake } },
  );
}

/** Says who we are and where we stand; later, if an apply is still moving the cursor. */
export function greet(state: ClientState): ClientStep {
  if (state.applying !== null) return step(state);
  const position = must(state.store.position, 'a client greets only with a cursor');
  const hello: ClientMessage = {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    clientId: state.clientId,
    position: positionToJson(position),
    schemaVersion: state.store.schemaVersion,
    appVersion: state.schema.app,
    scope: must(state.store.scope, 'a client greets only with rows of a known scope'),
    ackedMutation: state.store.ackedMutation,
  };
  return step({ ...state, greeted: true }, { type: 'send', connection: state.connection, messages: [hello] });
}

/** Lets go of the socket and of everything that came by it and is not in the store yet: the cursor brings it again. */
export function hangUp(state: ClientState, phase: Phase, reason: string): ClientStep {
  const open = state.phase === 'connecting' || state.phase === 'greeting' || state.phase === 'live';
  const close: ClientEffect = { type: 'close-socket', connection: state.connection, code: CLOSE_CODE.normal, reason };
  const lost = verificationLost(state);
  return step(
    {
      ...lost.state,
      phase,
      greeted: false,
      queue: [],
      progress: null,
      pushing: state.pushing === 'waiting' ? 'idle' : state.pushing,
    },
    ...CONNECTION_TIMERS.map((timer): ClientEffect => ({ type: 'stop-timer', timer })),
    ...(open ? [close] : []),
    ...lost.effects,
  );
}

/** Something failed: wait and try again, hydrate, or stop, as its code says. */
export function fail(state: ClientState, fault: ClientFault | SyncError): ClientStep {
  const { code, message } = fault;
  const noted: ClientState = {
    ...state,
    fault: { code, message },
    registered: state.registered && code !== 'unknown-client',
  };
  if (STOPPING.has(code)) return hangUp(noted, 'stopped', code);
  const ended = hangUp(noted, 'waiting', code);
  const attempt = ended.state.attempt;
  return also(
    { ...ended, state: { ...ended.state, attempt: attempt + 1 } },
    { type: 'start-timer', timer: 'reconnect', delay: { attempt } },
  );
}

/** The cursor cannot be continued, or tables are not right: load them anew, with the cause; the outbox is kept [A4, S4]. */
export function loadAnew(state: ClientState, order: HydrationOrder): ClientStep {
  const ended = hangUp({ ...state, due: joinOrders(state.due, order) }, 'waiting', 'resync');
  return after(ended.effects, proceed(ended.state));
}
