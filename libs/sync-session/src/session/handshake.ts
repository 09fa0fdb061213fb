import { positionEquals, positionFromJson, positionToJson, type Position } from '@millrace/kernel';
import {
  PROTOCOL_FLOOR,
  PROTOCOL_VERSION,
  encodeServerMessages,
  type Hello,
  type ResyncCause,
} from '@millrace/sync-protocol';
import {
  fitOf,
  inForce,
  isTranslatable,
  isVersion,
  stepsBetween,
  takes,
  type ClientVersions,
} from '@millrace/schema-compat';
import { rowKeysOf } from '@millrace/sync-rules';
import { mutationResult } from '../deliver/deliver.js';
import { everyRule, namedClaims, scopeClaims, scopeText } from '../scope.js';
import { checkpointIfDue } from './checkpoint.js';
import { pullIfDue } from './delivery.js';
import type { SessionEffect, SessionEvent } from './session-event.js';
import { nextAlarm, serialiseSession, type SessionState } from './session-state.js';
import { after, end, fail, resync, stay, type SessionContext, type SessionStep } from './step.js';

/** An attachment may be 16 KiB; the rest is room for counters that grow. */
const STATE_CHARS = 15_000;

/** `hello`: the newest socket wins, and the client's own cursor is where delivery goes on (F44). */
export function takeHello(
  state: SessionState,
  event: SessionEvent & { kind: 'hello' },
  ctx: SessionContext,
): SessionStep {
  const { hello } = event;
  const refusal = refuse(state, hello, ctx);
  if (refusal) return refusal;
  const registering = opened(state, hello, ctx);
  if (JSON.stringify(serialiseSession(registering)).length > STATE_CHARS) {
    return fail(state, 'limit-exceeded', 'the claims of the token are too large for a session');
  }
  const replace: SessionEffect = { kind: 'replace-older' };
  if (!state.scopes.includes(hello.scope))
    return after(
      [replace],
      resync(state, 'scope-changed', 'the rows were read for another scope than the token gives'),
    );
  return {
    state: registering,
    effects: [
      replace,
      {
        kind: 'note',
        note: { kind: 'hello', position: registering.cursor as Position, versions: versionsOf(registering) },
      },
      register(registering, ctx),
      { kind: 'schedule', at: nextAlarm(registering) },
    ],
  };
}

function refuse(state: SessionState, hello: Hello, ctx: SessionContext): SessionStep | null {
  if (hello.protocol < PROTOCOL_FLOOR || hello.protocol > PROTOCOL_VERSION) {
    return fail(
      state,
      'protocol-version',
      `this server speaks protocol ${PROTOCOL_FLOOR} to ${PROTOCOL_VERSION}, the client ${hello.protocol}`,
    );
  }
  if (!isVersion(hello.appVersion)) return fail(state, 'invalid-message', 'hello: appVersion is no schema version');
  if (hello.clientId !== state.clientId) return fail(state, 'forbidden', 'the socket was opened for another client');
  if (state.expiresAt <= ctx.now) return fail(state, 'unauthenticated', 'the token has expired');
  return null;
}

function opened(state: SessionState, hello: Hello, ctx: SessionContext): SessionState {
  return {
    ...state,
    phase: 'registering',
    claims: scopeClaims(everyRule(ctx.catalogue), state.claims),
    claimNames: namedClaims(everyRule(ctx.catalogue)),
    scopes: [],
    schemaVersion: hello.schemaVersion,
    appVersion: hello.appVersion,
    ackedMutation: hello.ackedMutation,
    cursor: positionFromJson(hello.position),
    sweepAt: ctx.now + ctx.sweepMs,
    // Spread, so that clients that came back together are not all hashed together.
    checkpointAt: ctx.now + Math.round(ctx.checkpointMs * (1 + ctx.random.next() / 2)),
  };
}

function register(state: SessionState, ctx: SessionContext): SessionEffect {
  const { clientId, sub, claims, cursor, ackedMutation } = state;
  return {
    kind: 'register',
    clientId,
    sub,
    rowKeys: rowKeysOf(everyRule(ctx.catalogue), claims, clientId),
    cursor: cursor as Position,
    afterMutation: ackedMutation,
  };
}

/** Registered: from here on doorbells come, so that what is read up to `head` and what is rung later leave no gap (F42). */
export function takeRegistered(
  state: SessionState,
  event: SessionEvent & { kind: 'registered' },
  ctx: SessionContext,
): SessionStep {
  const cursor = state.cursor as Position;
  const obstacle = whyNotContinued(cursor, event.head);
  if (obstacle) return resync(state, obstacle, 'the cursor is not part of the history that this server keeps');
  const place = placeOf(state, event.schemaVersion, ctx);
  if (place === 'elsewhere')
    return resync(state, 'schema-changed', `no way leads from schema ${state.schemaVersion} to where its cursor is`);
  const { catalogue } = ctx;
  const fit = place === 'behind' ? 'must-resync' : fitOf(catalogue, versionsOf(state));
  const way = stepsBetween(catalogue, inForce(catalogue).version, state.schemaVersion) ?? [];
  const welcome: SessionEffect = {
    kind: 'send',
    text: encodeServerMessages([
      {
        type: 'welcome',
        protocol: PROTOCOL_VERSION,
        head: positionToJson(event.head),
        schema: { version: inForce(catalogue).version, fit },
        verdicts: event.verdicts.map((mark) => mutationResult(mark, way)),
        window: ctx.windowChars,
      },
    ]),
  };
  const behind = state.behind || !positionEquals(cursor, event.head);
  const live: SessionEffect = { kind: 'note', note: { kind: 'live', position: cursor } };
  return after([welcome, live], pullIfDue({ ...state, phase: 'live', behind, translated: place !== 'same' }, ctx));
}

export function versionsOf({ schemaVersion, appVersion }: SessionState): ClientVersions {
  return { tables: schemaVersion, app: appVersion };
}

/**
 * How the client's tables stand to its cursor. `behind`: it could take the steps that lie behind its cursor, but they do not come any more. An app that has
 * been updated since reads all rows anew; one that has taken a step back goes on in its own version.
 */
function placeOf(
  state: SessionState,
  at: string | null,
  { catalogue }: SessionContext,
): 'same' | 'translated' | 'behind' | 'elsewhere' {
  if (at === null || fitOf(catalogue, versionsOf(state)) === 'must-resync') return 'elsewhere';
  if (at === state.schemaVersion) return 'same';
  const forth = stepsBetween(catalogue, state.schemaVersion, at);
  if (!forth?.every(isTranslatable)) return 'elsewhere';
  return forth.every((step) => takes(step, { app: state.appVersion })) ? 'behind' : 'translated';
}

/** What the head alone already tells; a cursor below it is proven by its chain when a page is read [H5]. */
function whyNotContinued(cursor: Position, head: Position): ResyncCause | null {
  if (cursor.epoch !== head.epoch) return 'epoch-changed';
  if (cursor.seq > head.seq || (cursor.seq === head.seq && cursor.chain !== head.chain)) return 'cursor-unknown';
  return null;
}

/** A fresh token in band (X13): the same person and the same scope, or the client hydrates again. */
export function takeAuth(
  state: SessionState,
  event: SessionEvent & { kind: 'auth' },
  ctx: SessionContext,
): SessionStep {
  if (event.sub !== state.sub) return fail(state, 'forbidden', 'the token belongs to somebody else');
  const rules = everyRule(ctx.catalogue);
  if (scopeText(rules, event.claims) !== scopeText(rules, state.claims))
    return resync(state, 'scope-changed', 'the token now permits other rows');
  const renewed = { ...state, expiresAt: event.expiresAt };
  return { state: renewed, effects: [{ kind: 'schedule', at: nextAlarm(renewed) }] };
}

/** The alarm may come early, late or twice: only the times in the state decide (F45). */
export function takeAlarm(state: SessionState, ctx: SessionContext): SessionStep {
  if (state.expiresAt <= ctx.now) return fail(state, 'unauthenticated', 'the token has expired');
  if (state.phase === 'new' && state.sweepAt <= ctx.now) return fail(state, 'timeout', 'no hello came in time');
  const retry = state.retryAt !== null && state.retryAt <= ctx.now ? { retryAt: null } : {};
  const sweep = state.sweepAt <= ctx.now ? { sweepAt: ctx.now + ctx.sweepMs, behind: true } : {};
  const pulled =
    state.phase === 'live' ? pullIfDue({ ...state, ...retry, ...sweep }, ctx) : stay({ ...state, ...sweep });
  const step = after(pulled.effects, checkpointIfDue(pulled.state, ctx));
  return { state: step.state, effects: [...step.effects, { kind: 'schedule', at: nextAlarm(step.state) }] };
}

/** The server cannot take the client in: for good (unknown, somebody else's), or for now, and then it comes back with backoff. */
export function takeRegisterFailed(
  state: SessionState,
  event: SessionEvent & { kind: 'register-failed' },
): SessionStep {
  if (event.code === 'cursor-unknown' || event.code === 'epoch-changed' || event.code === 'below-horizon') {
    return resync(state, event.code, event.message);
  }
  return fail(state, event.code, event.message);
}

/** A newer socket of this client took over: its registration stays, only this socket goes [D5]. */
export function takeReplaced(state: SessionState, closeCode: number): SessionStep {
  return end(state, [{ kind: 'close', code: closeCode, reason: 'replaced by a newer connection' }], true);
}
