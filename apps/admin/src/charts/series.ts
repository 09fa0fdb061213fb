import { rateBetween, type CounterName, type Sample } from '../feed/sample.js';

/** uPlot's columns: seconds since 1970, and a value or a gap. */
export type Series = readonly [times: readonly number[], values: readonly (number | null)[]];

export function lagSeries(samples: readonly Sample[]): Series {
  return [timesOf(samples), samples.map(({ lagMs }) => lagMs)];
}

export function rateSeries(samples: readonly Sample[], name: CounterName): Series {
  return [timesOf(samples), samples.map((sample, index) => rateBetween(name, samples[index - 1], sample))];
}

/** The largest value, 0 without any. */
export function peakOf([, values]: Series): number {
  return values.reduce<number>((peak, value) => Math.max(peak, value ?? 0), 0);
}

function timesOf(samples: readonly Sample[]): readonly number[] {
  return samples.map(({ at }) => at / 1000);
}
