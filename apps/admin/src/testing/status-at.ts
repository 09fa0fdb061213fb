import type { AdminStatus } from '@millrace/sync-protocol';

const NO_COUNTS = {
  transactions: 0,
  changes: 0,
  pushes: 0,
  doorbells: 0,
  pages: 0,
  resyncs: 0,
  fills: 0,
  quarantined: 0,
};

/** An answer of a quiet server at `ms` after the beginning of time. */
export function statusAt(
  ms: number,
  counters: Partial<AdminStatus['counters']> = {},
  lagMs: number | null = null,
): AdminStatus {
  return {
    time: new Date(ms).toISOString(),
    capture: {
      state: 'streaming',
      detail: null,
      decoder: 'pgoutput',
      reader: 'stream',
      since: new Date(0).toISOString(),
    },
    sleep: null,
    slot: null,
    position: null,
    lagMs,
    lastCommitAt: null,
    counters: { ...NO_COUNTS, ...counters },
    schema: null,
    incidents: [],
    epochs: [],
    instances: [],
  };
}
