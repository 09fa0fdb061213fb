import type { RecordedCatalogue } from '@millrace/change-history';
import { triggerOf, type InstanceState } from '@millrace/hydration';
import { positionToJson } from '@millrace/kernel';
import type { CaptureStatus, Registration } from '@millrace/replication';
import { inForce } from '@millrace/schema-compat';
import type { AdminInstance, AdminStatus } from '@millrace/sync-protocol';
import type { Incidents } from './incidents.js';
import type { InstanceNews, KnownState } from './instances.js';

export interface StatusParts {
  /** ms since 1970. */
  readonly now: number;
  readonly capture: CaptureStatus;
  /** Null before capture has begun. */
  readonly catalogue: RecordedCatalogue | null;
  readonly counters: Pick<AdminStatus['counters'], 'pushes' | 'doorbells' | 'pages'>;
  readonly incidents: Pick<Incidents, 'all' | 'total'>;
  readonly registrations: readonly Registration[];
  readonly states: readonly KnownState[];
  newsOf(clientId: string): InstanceNews;
}

/** What the dashboard shows, from memory and storage alone [Z1]. */
export function adminStatus(parts: StatusParts): AdminStatus {
  const { now, capture, counters, incidents } = parts;
  return {
    time: new Date(now).toISOString(),
    capture: capture.capture,
    slot: capture.slot,
    position: capture.position && positionToJson(capture.position),
    lagMs: capture.lagMs,
    lastCommitAt: capture.lastCommitAt,
    counters: {
      ...capture.counters,
      ...counters,
      resyncs: incidents.total('resync'),
      fills: incidents.total('fill'),
    },
    schema: parts.catalogue && schemaOf(parts.catalogue),
    incidents: [...incidents.all()],
    epochs: capture.epochs.map((epoch) => ({ ...epoch })),
    instances: instancesOf(parts),
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
