import type { RecordedCatalogue } from '@millrace/change-history';
import { triggerOf, type InstanceState } from '@millrace/hydration';
import { positionToJson } from '@millrace/kernel';
import type { CaptureStatus, Registration, Sleep } from '@millrace/replication';
import { inForce } from '@millrace/schema-compat';
import type { AdminInstance, AdminStatus } from '@millrace/sync-protocol';
import type { Incidents } from './incidents.js';
import type { InstanceNews, KnownState } from './instances.js';
import type { KeptFigures } from './sleep-record.js';

export interface StatusParts {
  /** ms since 1970. */
  readonly now: number;
  readonly capture: CaptureStatus;
  /** Null before capture has begun. */
  readonly catalogue: RecordedCatalogue | null;
  /** Set while it sleeps. */
  readonly sleep: Sleep | null;
  /** How it was when it last fell asleep before this object was started: counted on from there. */
  readonly kept: KeptFigures | null;
  readonly counters: Pick<AdminStatus['counters'], 'pushes' | 'doorbells' | 'pages'>;
  readonly incidents: Pick<Incidents, 'all' | 'total'>;
  readonly registrations: readonly Registration[];
  readonly states: readonly KnownState[];
  newsOf(clientId: string): InstanceNews;
}

/** What the dashboard shows, from memory and storage alone [Z1]. */
export function adminStatus(parts: StatusParts): AdminStatus {
  const { now, capture, sleep } = parts;
  return {
    time: isoTime(now),
    capture: sleep ? { ...capture.capture, since: isoTime(sleep.since) } : capture.capture,
    sleep: sleep && { since: isoTime(sleep.since), nextLookAt: isoTime(sleep.nextLookAt) },
    // Asleep, nothing can be late.
    lagMs: sleep ? null : capture.lagMs,
    ...figuresOf(parts),
    instances: instancesOf(parts),
  };
}

/** What is kept of the status while capture sleeps. */
export function figuresOf({
  capture,
  catalogue,
  kept,
  counters,
  incidents,
}: Pick<StatusParts, 'capture' | 'catalogue' | 'kept' | 'counters' | 'incidents'>): KeptFigures {
  const before = kept?.counters;
  return {
    slot: capture.slot ?? kept?.slot ?? null,
    position: capture.position ? positionToJson(capture.position) : (kept?.position ?? null),
    lastCommitAt: capture.lastCommitAt ?? kept?.lastCommitAt ?? null,
    counters: {
      transactions: capture.counters.transactions + (before?.transactions ?? 0),
      changes: capture.counters.changes + (before?.changes ?? 0),
      quarantined: capture.counters.quarantined + (before?.quarantined ?? 0),
      ...counters,
      resyncs: incidents.total('resync'),
      fills: incidents.total('fill'),
    },
    schema: catalogue ? schemaOf(catalogue) : (kept?.schema ?? null),
    incidents: [...incidents.all()],
    epochs: capture.epochs.length > 0 ? capture.epochs.map((epoch) => ({ ...epoch })) : (kept?.epochs ?? []),
  };
}

/** The newest steps: of a long history nobody reads the rest on a dashboard. */
const SHOWN_STEPS = 100;

function schemaOf(catalogue: RecordedCatalogue): NonNullable<AdminStatus['schema']> {
  const newest = catalogue.steps.slice(-SHOWN_STEPS).reverse();
  const migrations = newest.map(({ migration: { name, version, kind }, direction, at }) => ({
    name,
    version,
    kind,
    direction,
    at,
  }));
  return { version: inForce(catalogue).version, migrations };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Connected ones, and those that load without being connected. */
function instancesOf({ now, registrations, states, newsOf }: StatusParts): AdminInstance[] {
  const stateOf = new Map(states.map((known) => [known.clientId, known]));
  const connected = registrations.map(({ clientId, sub, rowKeys }): AdminInstance => {
    const { connectedAt, cursor } = newsOf(clientId);
    const state = stateOf.get(clientId)?.state ?? null;
    const position = cursor ?? state?.position ?? null;
    return {
      clientId,
      sub,
      rowKeys: [...rowKeys],
      seq: position?.seq.toString() ?? null,
      connectedAt: connectedAt ?? new Date(now).toISOString(),
      state: shown(state),
    };
  });
  const registered = new Set(registrations.map(({ clientId }) => clientId));
  const loading = states.filter(({ clientId, state }) => !registered.has(clientId) && state.phase !== 'live');
  return [...connected, ...loading.map(unconnected)];
}

function unconnected({ clientId, sub, state }: KnownState): AdminInstance {
  const seq = state.position?.seq.toString() ?? null;
  return { clientId, sub, rowKeys: [], seq, connectedAt: null, state: shown(state) };
}

function shown(state: InstanceState | null): AdminInstance['state'] {
  if (!state) return null;
  const { phase, since, cause, chunksDone, chunksTotal, attempts, lastError } = state;
  return {
    phase,
    since: new Date(since).toISOString(),
    cause,
    trigger: cause && triggerOf(cause),
    chunksDone,
    chunksTotal,
    attempts,
    lastError,
  };
}
