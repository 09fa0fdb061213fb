import type { SchemaStep } from '@millrace/schema-compat';
import type { ClientEffect } from './client-effect.js';
import type { ClientEvent } from './client-event.js';
import type { ClientFault, ClientState } from './client-state.js';
import { after, also, hangUp, proceed, step, type ClientStep } from './connecting.js';
import { joinOrders, wholeOrder } from './hydration/hydration-order.js';
import { pushSoon } from './pushing.js';
import { applyNext } from './receiving.js';
import { isRolledBack, isWaiting, withSchema } from './schema-state.js';

/** The app wants a step to be taken that waits. */
export function letIn(state: ClientState, name: string): ClientStep {
  const { held, blocked, known } = state.schema;
  const waiting = known.find((each) => each.migration.name === name && isWaiting(each));
  if (blocked?.migration.name === name) return ended(state, name, brokenApp(blocked));
  if (waiting && isRolledBack(waiting)) return migrate(state, { migration: waiting.migration, direction: 'up' }, false);
  if (held?.migration.name !== name && !waiting)
    return ended(state, name, { code: 'not-found', message: `no migration ${name} is pending` });
  const allowed = withSchema(state, { allowed: [...state.schema.allowed, name] });
  if (state.phase === 'live') return applyNext(allowed);
  if (state.phase === 'waiting') return after([{ type: 'stop-timer', timer: 'reconnect' }], proceed(allowed));
  if (state.wanted && state.phase !== 'stopped') return step(allowed);
  return ended(state, name, { code: 'network', message: `${name} comes by the stream: connect first` });
}

function brokenApp({ migration }: SchemaStep): ClientFault {
  return {
    code: 'schema-unknown',
    message: `${migration.name} changes what this app relies on: load an app that was built with schema ${migration.version} or a later one`,
  };
}

/** A step by itself, without a connection: frames of the one before are in words that will not be understood any more. */
export function migrate(state: ClientState, taken: SchemaStep, byApp: boolean): ClientStep {
  const { name } = taken.migration;
  if (state.schema.migrating || state.clientId === '')
    return ended(state, name, {
      code: 'closed',
      message: 'another migration is being taken: try again when it is done',
    });
  const quiet = hangUp(withSchema(state, { migrating: true }), state.wanted ? 'waiting' : state.phase, 'migrating');
  return also(quiet, { type: 'cancel-hydrate' }, { type: 'migrate', step: taken, byApp });
}

/** What the stream has brought meanwhile in the earlier version may lack what the later one has: all is read anew that differs. */
export function migrated(state: ClientState, event: Extract<ClientEvent, { type: 'migrated' }>): ClientStep {
  const { summary, step: taken, byApp, migrations: known } = event;
  const next = withSchema({ ...state, store: summary }, { migrating: false, known });
  const due = byApp ? state.due : joinOrders(state.due, wholeOrder('schema-changed'));
  return after([over(taken.migration.name, null)], goOn({ ...next, due }));
}

export function migrateFailed(state: ClientState, event: Extract<ClientEvent, { type: 'migrate-failed' }>): ClientStep {
  const { code, message } = event.error;
  const next = withSchema(state, { migrating: false });
  return after([over(event.step.migration.name, { code, message })], goOn(next));
}

function goOn(state: ClientState): ClientStep {
  return state.phase === 'waiting' ? proceed(state) : step(state);
}

/** Steps of the stream are in the database. Writes that the server would not take in the earlier version go up again. */
export function stepsTaken(state: ClientState, names: readonly string[]): ClientStep {
  const { inForce, fit } = state.schema;
  const there = state.store.schemaVersion === inForce;
  const next = withSchema(state, { held: null, allowed: [], fit: there ? 'same' : fit });
  const pushed = pushSoon({ ...next, pushing: next.pushing === 'waiting' ? 'idle' : next.pushing });
  return after(
    names.map((name) => over(name, null)),
    pushed,
  );
}

/** The database is as before; the stream brings it again. */
export function stepsFailed(state: ClientState, names: readonly string[], { code, message }: ClientFault): ClientStep {
  const next = withSchema(state, { held: null, allowed: [] });
  return step(next, ...names.map((name) => over(name, { code, message })));
}

function ended(state: ClientState, name: string, error: ClientFault): ClientStep {
  return step(state, over(name, error));
}

function over(name: string, error: ClientFault | null): ClientEffect {
  return { type: 'migration-ended', name, error };
}
