import type { AdminStatus } from '@millrace/sync-protocol';

export type Counters = AdminStatus['counters'];
export type CounterName = keyof Counters;

/** What the charts need of one answer. */
export interface Sample {
  /** The server's clock, ms since 1970. */
  readonly at: number;
  readonly counters: Counters;
  /** Lag of the commits persisted since the sample before; null if there were none. */
  readonly lagMs: number | null;
}

/** What the charts show, ms. */
export const WINDOW_MS = 5 * 60_000;

/** Adds a sample and drops what has left the window. An answer that is not newer (a server's clock set back) begins anew. */
export function addSample(samples: readonly Sample[], status: AdminStatus): readonly Sample[] {
  const at = Date.parse(status.time);
  const last = samples.at(-1);
  if (last && at < last.at) return [{ at, counters: status.counters, lagMs: null }];
  if (last && at === last.at) return samples;
  const persisted = last !== undefined && status.counters.transactions > last.counters.transactions;
  const kept = samples.filter((sample) => sample.at > at - WINDOW_MS);
  return [...kept, { at, counters: status.counters, lagMs: persisted ? status.lagMs : null }];
}

/** Rate between two samples, per second; null if the counter began anew (the server restarted) in between. */
export function rateBetween(name: CounterName, before: Sample | undefined, after: Sample | undefined): number | null {
  if (!before || !after || after.at <= before.at) return null;
  const grown = after.counters[name] - before.counters[name];
  return grown < 0 ? null : (grown * 1000) / (after.at - before.at);
}

/** Rate now: over the last few seconds, so that it can be read. */
export function currentRate(name: CounterName, samples: readonly Sample[]): number | null {
  const last = samples.at(-1);
  const before = last && samples.find((sample) => sample.at >= last.at - RATE_SPAN_MS);
  return rateBetween(name, before, last);
}

const RATE_SPAN_MS = 5_000;
