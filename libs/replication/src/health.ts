import { formatLsn, type Clock, type Position } from '@millrace/kernel';
import type { EpochRecord } from '@millrace/change-history';
import type { SlotFacts } from './slot/slot-facts.js';

export type CaptureState =
  | 'starting'
  | 'streaming'
  | 'polling'
  | 'gate-waiting'
  | 'backoff'
  | 'asleep'
  | 'misconfigured';

/** What the dashboard shows of capture; its parts are those of `GET /api/admin/status`. */
export interface CaptureStatus {
  readonly capture: {
    readonly state: CaptureState;
    readonly detail: string | null;
    readonly decoder: string;
    readonly reader: string;
    readonly since: string;
  };
  readonly slot: {
    readonly name: string;
    readonly confirmedLsn: string;
    readonly retainedBytes: string;
    readonly walStatus: string;
  } | null;
  readonly position: Position | null;
  /** Age of the last persisted commit at the moment it was persisted, ms; without the time in which we slept. */
  readonly lagMs: number | null;
  readonly lastCommitAt: string | null;
  /** Since when nothing has gone well for longer than moments; null: capture works, or rests. */
  readonly failingSince: string | null;
  readonly counters: { readonly transactions: number; readonly changes: number; readonly quarantined: number };
  readonly epochs: readonly { readonly epoch: string; readonly cause: string; readonly startedAt: string }[];
}

/** A session that lasted so long has recovered: the next failure starts counting anew. */
export const RECOVERED_AFTER_MS = 10_000;

export interface HealthOptions {
  readonly clock: Clock;
  readonly decoder: string;
  readonly reader: string;
}

/** Keeps what {@link CaptureStatus} tells: in memory, so that asking never wakes Postgres [Z1]. */
export interface Health {
  become(state: CaptureState, detail?: string): void;
  readonly state: CaptureState;
  sawSlot(slot: SlotFacts): void;
  sawEpochs(epochs: readonly EpochRecord[]): void;
  persisted(counts: { readonly transactions: number; readonly changes: number }, lastCommitMs: number): void;
  quarantined(): void;
  /** Nobody was there until now: what was committed before is not late. */
  rested(): void;
  status(position: Position | null): CaptureStatus;
}

const WORKING: ReadonlySet<CaptureState> = new Set(['streaming', 'polling', 'gate-waiting']);

export function createHealth({ clock, decoder, reader }: HealthOptions): Health {
  const isoNow = () => new Date(clock.now()).toISOString();
  let capture: CaptureStatus['capture'] = { state: 'asleep', detail: null, decoder, reader, since: isoNow() };
  let slot: CaptureStatus['slot'] = null;
  let epochs: CaptureStatus['epochs'] = [];
  let counters = { transactions: 0, changes: 0, quarantined: 0 };
  let lagMs: number | null = null;
  let lastCommitAt: string | null = null;
  let restedUntil = Number.NEGATIVE_INFINITY;
  let failingSince: number | null = null;
  let workingSince: number | null = null;
  const recovered = () => workingSince !== null && clock.now() - workingSince >= RECOVERED_AFTER_MS;
  const follow = (state: CaptureState) => {
    if (recovered() || state === 'asleep') failingSince = null;
    if (state === 'backoff' || state === 'misconfigured') failingSince ??= clock.now();
    workingSince = WORKING.has(state) ? (workingSince ?? clock.now()) : null;
  };

  return {
    become(state, detail) {
      follow(state);
      const since = state === capture.state ? capture.since : isoNow();
      capture = { ...capture, state, detail: detail ?? null, since };
    },
    get state() {
      return capture.state;
    },
    sawSlot(facts) {
      slot = {
        name: facts.name,
        confirmedLsn: facts.confirmedFlushLsn === null ? '' : formatLsn(facts.confirmedFlushLsn),
        retainedBytes: facts.retainedBytes.toString(),
        walStatus: facts.walStatus,
      };
    },
    sawEpochs(records) {
      epochs = records.map(({ epoch, cause, startedAt }) => ({ epoch, cause, startedAt }));
    },
    persisted({ transactions, changes }, lastCommitMs) {
      counters = {
        ...counters,
        transactions: counters.transactions + transactions,
        changes: counters.changes + changes,
      };
      lagMs = Math.max(0, clock.now() - Math.max(lastCommitMs, restedUntil));
      lastCommitAt = new Date(lastCommitMs).toISOString();
    },
    rested() {
      restedUntil = clock.now();
    },
    quarantined() {
      counters = { ...counters, quarantined: counters.quarantined + 1 };
    },
    status: (position) => ({
      capture,
      slot,
      position,
      lagMs,
      lastCommitAt,
      failingSince: failingSince === null || recovered() ? null : new Date(failingSince).toISOString(),
      counters,
      epochs,
    }),
  };
}
