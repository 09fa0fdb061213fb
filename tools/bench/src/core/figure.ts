import type { Spread } from './percentile.js';
import type { ProcessUse } from './process-meter.js';

export type Unit = 's' | 'ms' | 'µs' | 'changes/s' | 'rows/s' | 'B/row' | 'MB' | 'rows' | 'backends';

/** What the same work costs without the product, measured in the same run. */
export interface Limit {
  /** In the figure's unit. */
  readonly value: number;
  readonly of: string;
}

/** A bound that the design sets, and whether this run kept it. */
export interface Budget {
  readonly text: string;
  readonly kept: boolean;
}

/** Samples for the report's charts. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

/** One measured figure. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** Null: it could not be measured here; `notes` say why. */
  readonly value: number | null;
  /** Null: there is none, or it could not be measured. */
  readonly limit: Limit | null;
  readonly budgets: readonly Budget[];
  /** Where the work runs. */
  readonly process: string;
  /** When the clock starts and when it stops. */
  readonly clock: { readonly starts: string; readonly stops: string };
  /** CPU seconds and memory while the clock ran. */
  readonly use: readonly ProcessUse[];
  /** Bytes on the wire, by direction or kind. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Of the samples of which `value` is one; null for a single measurement. */
  readonly spread: Spread | null;
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

type Optional = 'limit' | 'budgets' | 'use' | 'bytes' | 'spread' | 'series' | 'notes';

/** A figure with nothing where nothing is said. */
export function figure(given: Omit<Figure, Optional> & Partial<Pick<Figure, Optional>>): Figure {
  return { limit: null, budgets: [], use: [], bytes: {}, spread: null, series: [], notes: [], ...given };
}

/** value ÷ limit; null where one of them is missing or the limit is nothing. */
export function ratioOf({ value, limit }: Pick<Figure, 'value' | 'limit'>): number | null {
  return value === null || limit === null || limit.value === 0 ? null : value / limit.value;
}

/** A bound from above. */
export function atMost(text: string, measured: number | null, bound: number): Budget {
  return { text, kept: measured !== null && measured <= bound };
}

/** A bound from below. */
export function atLeast(text: string, measured: number | null, bound: number): Budget {
  return { text, kept: measured !== null && measured >= bound };
}
