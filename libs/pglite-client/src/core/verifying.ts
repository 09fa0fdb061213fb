import { positionFromJson, type SyncError } from '@millrace/kernel';
import type { Checkpoint } from '@millrace/sync-protocol';
import type { ClientEffect, Step } from './client-effect.js';
import type { ClientFault, ClientState } from './client-state.js';
import { TIMING } from './client-timing.js';
import type { ComparedTable, Comparison, Verification, VerifiedTable } from './verification.js';

type ClientStep = Step<ClientState>;

const IDLE: Verification = { asked: false, checkpoint: null, comparing: false, known: null, round: 1, repairing: null };

/** Comparisons that one call takes part in, if tables change meanwhile [S6]. */
const ROUNDS = 3;

/** The app wants to know. Several who ask at once get one answer. */
export function verify(state: ClientState): ClientStep {
  if (state.phase !== 'live') {
    const message =
      'verify compares with the server, and there is no connection: try again when status.connected is true';
    return { state, effects: [{ type: 'verified', outcome: failed({ code: 'network', message }) }] };
  }
  if (state.verification?.asked) return { state, effects: [] };
  return {
    state: { ...state, verification: { ...IDLE, ...state.verification, asked: true } },
    effects: [
      { type: 'send', connection: state.connection, messages: [{ type: 'verify' }] },
      { type: 'start-timer', timer: 'verify', delay: { ms: TIMING.verify } },
    ],
  };
}

/** What the server's tables are. One comparison at a time: during it, a newer one tells nothing more. */
export function takeCheckpoint(state: ClientState, checkpoint: Checkpoint): ClientStep {
  const verification = state.verification ?? IDLE;
  if (verification.comparing || verification.repairing) return { state, effects: [] };
  return compareWhenThere({ ...state, verification: { ...verification, checkpoint } });
}

/** Compares as soon as the cursor has reached what the server had read. */
export function compareWhenThere(state: ClientState): ClientStep {
  const { verification, store } = state;
  if (state.phase !== 'live' || !verification?.checkpoint || verification.comparing || store.position === null)
    return { state, effects: [] };
  const to = positionFromJson(verification.checkpoint.to);
  if (store.position.epoch !== to.epoch || store.position.seq < to.seq) return { state, effects: [] };
  return {
    state: { ...state, verification: { ...verification, comparing: true } },
    effects: [{ type: 'compare', checkpoint: verification.checkpoint }],
  };
}

/**
 * The tables that differ are the caller's to load anew. Those that changed meanwhile are compared again, if somebody waits for it; without any of
 * either, that was all.
 */
export function takeComparison(
  state: ClientState,
  tables: readonly ComparedTable[],
): ClientStep & { readonly different: readonly string[] } {
  const { verification } = state;
  if (!verification?.comparing || !verification.checkpoint) return { state, effects: [], different: [] };
  const position = positionFromJson(verification.checkpoint.from);
  const known = { position, tables: withKnown(tables, verification.known) };
  const different = known.tables.filter(({ outcome }) => outcome === 'different').map(({ name }) => name);
  if (different.length > 0) {
    return {
      state: { ...state, verification: { ...verification, known, repairing: known.tables } },
      effects: [],
      different,
    };
  }
  const changed = known.tables.some(({ reason }) => reason === 'changed-meanwhile');
  if (!changed || !verification.asked || verification.round >= ROUNDS) return { ...report(state, known), different };
  return {
    state: { ...state, verification: { ...IDLE, asked: true, known, round: verification.round + 1 } },
    effects: [{ type: 'send', connection: state.connection, messages: [{ type: 'verify' }] }],
    different,
  };
}

/** A table that was equal once was equal then: what happened to it since is no concern of this comparison. */
function withKnown(tables: readonly ComparedTable[], known: Comparison | null): readonly ComparedTable[] {
  const equal = new Map(known?.tables.filter(({ outcome }) => outcome === 'equal').map((table) => [table.name, table]));
  return tables.map((table) => (table.outcome === 'not-comparable' ? (equal.get(table.name) ?? table) : table));
}

export function comparisonFailed(state: ClientState, error: SyncError): ClientStep {
  return state.verification?.comparing ? giveUp(state, error) : { state, effects: [] };
}

/** The rows have been loaded anew: what differed is repaired by it. */
export function takeRepair(state: ClientState): ClientStep {
  const { repairing = null, known = null } = state.verification ?? {};
  return repairing && known ? report(state, known) : { state, effects: [] };
}

/** The connection is gone: what was under way by it ends, but a repair goes on. */
export function verificationLost(state: ClientState): ClientStep {
  if (!state.verification || state.verification.repairing) return { state, effects: [] };
  return giveUp(state, {
    code: 'network',
    message: 'the connection was lost before the comparison was done: verify again',
  });
}

/** Time is up for those who wait. */
export function verificationLate(state: ClientState): ClientStep {
  const { verification } = state;
  if (!verification?.asked) return { state, effects: [] };
  if (verification.repairing) {
    const message = 'tables differ from the server and are being loaded anew, which takes longer than this call waits';
    return withoutAsker(state, verification, { code: 'timeout', message });
  }
  if (verification.checkpoint && !verification.comparing) {
    const tables = withKnown(verification.checkpoint.tables.map(behind), verification.known);
    return report(state, { position: positionFromJson(verification.checkpoint.from), tables });
  }
  if (verification.known) return report(state, verification.known);
  return giveUp(state, {
    code: 'timeout',
    message: 'the server did not say what its tables are in time: verify again',
  });
}

function behind({ name, hash }: Checkpoint['tables'][number]): ComparedTable {
  return { name, outcome: 'not-comparable', rows: Number(hash.count), reason: 'behind' };
}

function withoutAsker(state: ClientState, verification: Verification, error: ClientFault): ClientStep {
  return {
    state: { ...state, verification: { ...verification, asked: false } },
    effects: [{ type: 'verified', outcome: failed(error) }],
  };
}

function giveUp(state: ClientState, error: ClientFault): ClientStep {
  return end(state, [{ type: 'verified', outcome: failed(error) }]);
}

function report(state: ClientState, { position, tables }: Comparison): ClientStep {
  const verified = tables.map(
    ({ outcome, ...table }): VerifiedTable => ({ ...table, outcome: outcome === 'different' ? 'repaired' : outcome }),
  );
  return end(state, [{ type: 'verified', outcome: { kind: 'report', report: { position, tables: verified } } }]);
}

/** `told`: for those who wait, if any do. */
function end(state: ClientState, told: readonly ClientEffect[]): ClientStep {
  const asked = state.verification?.asked ?? false;
  const stop: ClientEffect = { type: 'stop-timer', timer: 'verify' };
  return { state: { ...state, verification: null }, effects: asked ? [stop, ...told] : [] };
}

function failed(error: ClientFault): Extract<ClientEffect, { type: 'verified' }>['outcome'] {
  const { code, message } = error;
  return { kind: 'failed', error: { code, message } };
}
