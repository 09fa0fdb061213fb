/** What a set of samples says: never their mean, which hides the slow ones. */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The smallest sample that at least `share` (0–1) of all samples do not exceed (nearest rank).
 * @throws RangeError if there are no samples
 */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  const found = sorted[rank - 1];
  if (found === undefined) throw new RangeError('there is no percentile of nothing');
  return found;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

export function spreadOf(samples: readonly number[]): Spread {
  return {
    count: samples.length,
    min: percentile(samples, 0),
    p50: percentile(samples, 0.5),
    p90: percentile(samples, 0.9),
    p99: percentile(samples, 0.99),
    max: percentile(samples, 1),
  };
}
