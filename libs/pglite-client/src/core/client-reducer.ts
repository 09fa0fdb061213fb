import type { SyncError } from '@millrace/kernel';
import type { ClientEvent, TimerName } from './client-event.js';
import type { ClientState } from './client-state.js';
import { TIMING } from './client-timing.js';
import { after, also, fail, greet, hangUp, loadAnew, proceed, step, type ClientStep } from './connecting.js';
import { joinOrders, wholeOrder } from './hydration/hydration-order.js';
import { letIn, migrate, migrated, migrateFailed, stepsFailed, stepsTaken } from './migrating.js';
import { pushFailed, pushSoon, pushed, reconciled } from './pushing.js';
import { acknowledge, applyNext, caughtUp, receive } from './receiving.js';
import { withSchema } from './schema-state.js';
import {
  compareWhenThere,
  comparisonFailed,
  takeComparison,
  takeRepair,
  verificationLate,
  verify,
} from './verifying.js';

/** The client's protocol: what follows from an event. Pure; the runner performs the effects in their order. */
export function reduceClient(state: ClientState, event: ClientEvent): ClientStep {
  if (state.phase === 'closed') return step(state);
  if ('connection' in event && event.connection !== state.connection) return step(state);
  switch (event.type) {
    case 'opened':
      return opened(state, event);
    case 'open-failed':
    case 'store-failed':
      return step({
        ...state,
        phase: event.type === 'open-failed' ? 'stopped' : state.phase,
        fault: faultOf(event.error),
      });
    case 'connect':
      return connect(state);
    case 'disconnect':
      return disconnect(state);
    case 'close':
      return also(hangUp({ ...state, wanted: false }, 'closed', 'closed'), { type: 'cancel-hydrate' });
    case 'online':
      return online(state);
    case 'resync':
      return requestResync(state);
    case 'verify':
      return verify(state);
    case 'compared':
      return compared(state, event);
    case 'compare-failed':
      return comparisonFailed(state, event.error);
    case 'registered':
      return onlyIn(state, 'registering', () => proceed({ ...state, registered: true }));
    case 'register-failed':
      return onlyIn(state, 'registering', () => fail(state, event.error));
    case 'hydrate-progress':
      return event.hydration === state.hydration ? step({ ...state, progress: event.progress }) : step(state);
    case 'hydrated':
      return hydrated(state, event);
    case 'hydrate-failed':
      return event.hydration === state.hydration
        ? onlyIn(state, 'hydrating', () => hydrateFailed(state, event.error))
        : step(state);
    case 'socket-opened':
      return onlyIn(state, 'connecting', () =>
        also(greet({ ...state, phase: 'greeting' }), ...renewal(event.tokenLifeMs)),
      );
    case 'socket-message':
      return receive(state, event.messages, event.chars);
    case 'socket-garbled':
      return whileConnected(state, () => fail(state, event.error));
    case 'socket-closed':
      return whileConnected(state, () => socketClosed(state, event));
    case 'token-renewed':
      return onlyIn(state, 'live', () =>
        step(
          state,
          { type: 'send', connection: state.connection, messages: [{ type: 'auth', token: event.token }] },
          ...renewal(event.tokenLifeMs),
        ),
      );
    case 'token-failed':
      return onlyIn(state, 'live', () =>
        step(state, { type: 'start-timer', timer: 'auth', delay: { ms: TIMING.renewAgain } }),
      );
    case 'applied':
      return applied(state, event);
    case 'apply-failed':
      return applyFailed(state, event);
    case 'apply-migration':
      return letIn(state, event.name);
    case 'migrate':
      return migrate(state, event.step, true);
    case 'migrated':
      return migrated(state, event);
    case 'migrate-failed':
      return migrateFailed(state, event);
    case 'migrations-read':
      return step(withKnown(state, event.migrations));
    case 'store-changed':
      return pushSoon({ ...state, store: event.summary });
    case 'elsewhere':
      return step({ ...state, elsewhere: event.count });
    case 'pushed':
      return pushed(state, event);
    case 'reconciled':
      return reconciled(state, event);
    case 'push-failed':
      return pushFailed(state, event.error);
    case 'timer':
      return timer(state, event.timer);
  }
}

function opened(state: ClientState, { store }: Extract<ClientEvent, { type: 'opened' }>): ClientStep {
  return onlyIn(state, 'opening', () =>
    proceed({ ...state, clientId: store.clientId, registered: store.outboxEpoch !== null, store: store.summary }),
  );
}

function connect(state: ClientState): ClientStep {
  const wanted = { ...state, wanted: true };
  const idle = state.phase === 'offline' || state.phase === 'stopped' || state.phase === 'waiting';
  return idle && state.clientId !== ''
    ? after([{ type: 'stop-timer', timer: 'reconnect' }], proceed({ ...wanted, attempt: 0 }))
    : step(wanted);
}

function disconnect(state: ClientState): ClientStep {
  if (state.phase === 'opening') return step({ ...state, wanted: false });
  return also(hangUp({ ...state, wanted: false, fault: null }, 'offline', 'disconnected'), { type: 'cancel-hydrate' });
}

/** Skips the wait; a socket from before the network went is not trusted to notice. */
function online(state: ClientState): ClientStep {
  if (state.phase !== 'waiting' && state.phase !== 'live') return step(state);
  const ended = hangUp(state, 'waiting', 'network changed');
  return after(ended.effects, proceed(ended.state));
}

/** All rows anew, unless that is being done. */
function requestResync(state: ClientState): ClientStep {
  if (state.phase === 'hydrating' && state.due?.tables === null) return step(state);
  const order = wholeOrder('client-request');
  if (state.phase !== 'opening' && state.wanted) return loadAnew(state, order);
  return step({ ...state, due: joinOrders(state.due, order) });
}

/** Also one that was cancelled too late counts: it is in the store. What has been ordered since then is still due. */
function hydrated(state: ClientState, event: Extract<ClientEvent, { type: 'hydrated' }>): ClientStep {
  const next: ClientState = { ...state, store: event.summary, fault: null };
  if (event.hydration !== state.hydration) return step(next);
  const repaired = takeRepair({ ...next, due: null });
  if (state.phase !== 'hydrating') return step({ ...repaired.state, progress: null }, ...repaired.effects);
  const progress = state.progress && { ...state.progress, phase: 'catching-up' as const, secondsLeft: null };
  const attempt = state.due?.cause === 'schema-changed' ? state.attempt + 1 : 0;
  return after(repaired.effects, proceed({ ...repaired.state, progress, attempt }));
}

/** An app that cannot take the schema in force keeps the rows that it has. */
function hydrateFailed(state: ClientState, error: SyncError): ClientStep {
  return fail(error.code === 'schema-unknown' ? withSchema(state, { fit: 'must-update-app' }) : state, error);
}

/** Tables that differ are loaded anew, from rows that are not older than those they were compared with. */
function compared(state: ClientState, event: Extract<ClientEvent, { type: 'compared' }>): ClientStep {
  const checkpoint = state.verification?.checkpoint;
  const { different, ...next } = takeComparison(state, event.tables);
  if (different.length === 0 || !checkpoint) return next;
  const atLeast = BigInt(checkpoint.from.seq);
  // What the server had read of them before may differ from what it has now in the same way, and no change in history says so.
  const not = checkpoint.tables.flatMap(({ name, builds }) => (different.includes(name) ? (builds ?? []) : []));
  return after(next.effects, loadAnew(next.state, { cause: 'checksum-mismatch', tables: different, atLeast, not }));
}

function socketClosed(state: ClientState, event: Extract<ClientEvent, { type: 'socket-closed' }>): ClientStep {
  const reason = event.reason === '' ? `connection closed (${event.code})` : event.reason;
  return fail(state, { code: codeOfClose(event.code), message: reason });
}

function codeOfClose(code: number): 'unauthenticated' | 'forbidden' | 'unknown-client' | 'network' {
  if (code === 4401) return 'unauthenticated';
  if (code === 4403) return 'forbidden';
  if (code === 4404) return 'unknown-client';
  return 'network';
}

function applied(state: ClientState, event: Extract<ClientEvent, { type: 'applied' }>): ClientStep {
  const names = state.applying?.steps ?? [];
  const cleared = withKnown({ ...state, store: event.summary, applying: null }, event.migrations);
  const taken = names.length === 0 ? step(cleared) : stepsTaken(cleared, names);
  const next = caughtUp(taken.state);
  const told = [...(state.applying === null ? [] : acknowledge(next, state.applying)), ...taken.effects];
  const settled = event.summary.pending === event.summary.unsent;
  const acks = settled ? [{ type: 'stop-timer', timer: 'ack' } as const] : [];
  if (next.phase === 'greeting' && !next.greeted) return after([...taken.effects, ...acks], greet(next));
  const compared = compareWhenThere(next);
  const applying = applyNext(compared.state);
  // A write that was recorded while an older summary was on its way to us would otherwise wait for the next one.
  return after([...told, ...acks, ...compared.effects, ...applying.effects], pushSoon(applying.state));
}

function applyFailed(
  state: ClientState,
  { error, migrations }: Extract<ClientEvent, { type: 'apply-failed' }>,
): ClientStep {
  const names = state.applying?.steps ?? [];
  const cleared = withKnown({ ...state, applying: null }, migrations);
  const noted = names.length === 0 ? step(cleared) : stepsFailed(cleared, names, error);
  const next = noted.state;
  if (error.retry === 'resync') return after(noted.effects, requestResync(next));
  return after(
    noted.effects,
    whileConnected(next, () => fail(next, error)),
  );
}

/** `migrations`: the database's record, if it may be another one now. */
function withKnown(state: ClientState, migrations: ClientState['schema']['known'] | undefined): ClientState {
  return migrations ? withSchema(state, { known: migrations }) : state;
}

function timer(state: ClientState, name: TimerName): ClientStep {
  switch (name) {
    case 'reconnect':
      return onlyIn(state, 'waiting', () => proceed(state));
    case 'push':
      return state.pushing === 'waiting' ? pushSoon({ ...state, pushing: 'idle' }) : step(state);
    case 'stable':
      return onlyIn(state, 'live', () => step({ ...state, attempt: 0 }));
    case 'auth':
      return onlyIn(state, 'live', () => step(state, { type: 'renew-token', connection: state.connection }));
    case 'handshake':
      return state.phase === 'connecting' || state.phase === 'greeting'
        ? fail(state, { code: 'timeout', message: 'the server did not greet in time' })
        : step(state);
    case 'verify':
      return verificationLate(state);
    case 'ack':
      return onlyIn(state, 'live', () =>
        state.store.pending > state.store.unsent && !streamWaits(state)
          ? fail(state, { code: 'timeout', message: 'the stream is silent about our writes' })
          : step(state),
      );
  }
}

/** Before a migration that is not taken, the stream brings nothing: no acks either. */
function streamWaits({ schema }: ClientState): boolean {
  return schema.blocked !== null || schema.held !== null;
}

function renewal(lifeMs: number | null) {
  if (lifeMs === null) return [];
  const ms = Math.max(lifeMs - TIMING.renewBefore, lifeMs / 2, 1_000);
  return [{ type: 'start-timer', timer: 'auth', delay: { ms } }] as const;
}

function onlyIn(state: ClientState, phase: ClientState['phase'], next: () => ClientStep): ClientStep {
  return state.phase === phase ? next() : step(state);
}

function whileConnected(state: ClientState, next: () => ClientStep): ClientStep {
  return state.phase === 'connecting' || state.phase === 'greeting' || state.phase === 'live' ? next() : step(state);
}

function faultOf(error: { readonly code: NonNullable<ClientState['fault']>['code']; readonly message: string }) {
  return { code: error.code, message: error.message };
}
