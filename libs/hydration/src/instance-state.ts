import type { Position } from '@millrace/kernel';
import type { ResyncCause } from '@millrace/sync-protocol';

/**
 * `created`: known, holds nothing of the server yet. `snapshot-loading`: it reads rows, all of them or some tables. `live`: what it holds is
 * continued by the stream, now or when it connects again.
 */
export type InstancePhase = 'created' | 'snapshot-loading' | 'live';

/** Where one client stands, as its server knows it. Plain data: stored, saved and shown. */
export interface InstanceState {
  readonly phase: InstancePhase;
  /** Since when, ms since 1970. */
  readonly since: number;
  /** Why it is there; null for a life without incident. */
  readonly cause: ResyncCause | null;
  readonly connected: boolean;
  /** Last cursor heard of; null before the first one. */
  readonly position: Position | null;
  /** What it loads, or has loaded last. */
  readonly snapshotId: string | null;
  readonly chunksDone: number;
  readonly chunksTotal: number;
  /** Snapshots that were handed out since it was last live: more than one is a download that began anew. */
  readonly attempts: number;
  /** In words for operators; kept until it is live again. */
  readonly lastError: string | null;
}

export type InstanceEvent =
  /** It has said where it stands. */
  | { readonly kind: 'hello'; readonly position: Position }
  /** Its position was found in this history, without a gap up to now. */
  | { readonly kind: 'live'; readonly position: Position }
  /** It wants rows. `tables` null: all. */
  | { readonly kind: 'snapshot-ordered'; readonly cause: ResyncCause; readonly tables: readonly string[] | null }
  /** It was told of what they consist. */
  | { readonly kind: 'snapshot-ready'; readonly snapshotId: string; readonly chunks: number }
  | { readonly kind: 'chunk-served' }
  /** Some tables have to be read anew before it can go on. */
  | { readonly kind: 'fill'; readonly cause: ResyncCause; readonly tables: readonly string[] }
  /** Its position cannot be continued. */
  | { readonly kind: 'resync'; readonly cause: ResyncCause; readonly message: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  /** Its session is over. */
  | { readonly kind: 'closed'; readonly position: Position | null }
  /** Nobody has heard of it for so long that it is let go. */
  | { readonly kind: 'forgotten' };

export interface InstanceStep {
  /** Null: forgotten. */
  readonly state: InstanceState | null;
  /** It is worth storing: phase, cause, snapshot, attempts, connection or error are others now. What only moves on is not [D5]. */
  readonly transition: boolean;
}

/** A client that is heard of for the first time. */
export function createdInstance(now: number): InstanceState {
  return {
    phase: 'created',
    since: now,
    cause: null,
    connected: false,
    position: null,
    snapshotId: null,
    chunksDone: 0,
    chunksTotal: 0,
    attempts: 0,
    lastError: null,
  };
}

/** The phase that each event leads to; `stay` is none. Total over phases and events: the whole life of an instance. */
const TRANSITIONS: Record<InstanceEvent['kind'], Record<InstancePhase, InstancePhase | 'stay'>> = {
  hello: { created: 'stay', 'snapshot-loading': 'stay', live: 'stay' },
  live: { created: 'live', 'snapshot-loading': 'live', live: 'stay' },
  'snapshot-ordered': { created: 'snapshot-loading', 'snapshot-loading': 'stay', live: 'snapshot-loading' },
  // A snapshot that is told of, or a chunk that is served, late: after the client went live without it.
  'snapshot-ready': { created: 'snapshot-loading', 'snapshot-loading': 'stay', live: 'stay' },
  'chunk-served': { created: 'stay', 'snapshot-loading': 'stay', live: 'stay' },
  fill: { created: 'snapshot-loading', 'snapshot-loading': 'stay', live: 'snapshot-loading' },
  resync: { created: 'snapshot-loading', 'snapshot-loading': 'stay', live: 'snapshot-loading' },
  error: { created: 'stay', 'snapshot-loading': 'stay', live: 'stay' },
  closed: { created: 'stay', 'snapshot-loading': 'stay', live: 'stay' },
  forgotten: { created: 'stay', 'snapshot-loading': 'stay', live: 'stay' },
};

/** One turn in an instance's life. Pure; `now` in ms since 1970. */
export function instanceStep(state: InstanceState, event: InstanceEvent, now: number): InstanceStep {
  if (event.kind === 'forgotten') return { state: null, transition: true };
  const target = TRANSITIONS[event.kind][state.phase];
  const entered = target === 'stay' || target === state.phase ? state : { ...state, phase: target, since: now };
  const next = take(entered, event);
  return { state: next, transition: differs(state, next) };
}

function take(state: InstanceState, event: Exclude<InstanceEvent, { kind: 'forgotten' }>): InstanceState {
  const loading = state.phase === 'snapshot-loading';
  switch (event.kind) {
    case 'hello':
      return { ...state, connected: true, position: event.position };
    case 'live':
      return { ...state, connected: true, position: event.position, attempts: 0, lastError: null };
    case 'snapshot-ordered':
      return { ...state, cause: event.cause };
    case 'snapshot-ready':
      return loading ? readied(state, event) : state;
    case 'chunk-served':
      return loading ? { ...state, chunksDone: Math.min(state.chunksDone + 1, state.chunksTotal) } : state;
    case 'fill':
      return { ...state, cause: event.cause, ...NOTHING_LOADED };
    case 'resync':
      return { ...state, cause: event.cause, lastError: event.message, ...NOTHING_LOADED };
    case 'error':
      return { ...state, lastError: `${event.code}: ${event.message}` };
    case 'closed':
      return { ...state, connected: false, position: event.position ?? state.position };
  }
}

const NOTHING_LOADED = { snapshotId: null, chunksDone: 0, chunksTotal: 0, attempts: 0 };

/** The same snapshot again: the client has come back to its download, and fetches only what it lacks. */
function readied(
  state: InstanceState,
  { snapshotId, chunks }: InstanceEvent & { kind: 'snapshot-ready' },
): InstanceState {
  const chunksDone = state.snapshotId === snapshotId ? state.chunksDone : 0;
  return { ...state, snapshotId, chunksDone, chunksTotal: chunks, attempts: state.attempts + 1 };
}

function differs(a: InstanceState, b: InstanceState): boolean {
  const fields = ['phase', 'cause', 'connected', 'snapshotId', 'chunksTotal', 'attempts', 'lastError'] as const;
  return fields.some((field) => a[field] !== b[field]);
}

/** What kind of doubt a cause is: where the client's history breaks off, where it stands in another one, what it cannot read, whose rows it holds, which rows are in doubt. */
export type ResyncTrigger = 'new' | 'gap' | 'position' | 'version' | 'scope' | 'rows' | 'request';

const TRIGGERS: Record<ResyncCause, ResyncTrigger> = {
  'new-client': 'new',
  'epoch-changed': 'position',
  'cursor-unknown': 'position',
  'below-horizon': 'gap',
  'schema-changed': 'version',
  'scope-changed': 'scope',
  'scope-unknown': 'scope',
  'transaction-too-large': 'gap',
  quarantined: 'gap',
  'late-table': 'gap',
  rewritten: 'rows',
  'checksum-mismatch': 'rows',
  'client-request': 'request',
};

/** Every cause has its trigger: the total table behind "why is this client loading". */
export function triggerOf(cause: ResyncCause): ResyncTrigger {
  return TRIGGERS[cause];
}
