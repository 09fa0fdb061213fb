import { figure, type Figure, type Limit, type Unit } from '../../core/figure.js';

/** One stage of a change's way, alone. */
export interface Stage {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly value: number;
  readonly limit: Limit | null;
  /** Where it runs. */
  readonly process: string;
  /** What the clock covers. */
  readonly covers: string;
  readonly notes?: readonly string[];
}

export function stageFigure({ id, title, unit, value, limit, process, covers, notes = [] }: Stage): Figure {
  return figure({
    id: `stage-${id}`,
    title,
    unit,
    value,
    limit,
    process,
    clock: { starts: `before ${covers}`, stops: 'after it' },
    notes,
  });
}

/** Milliseconds of `work`, many times. */
export async function timings(times: number, work: (n: number) => Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    await work(n);
    samples.push(performance.now() - began);
  }
  return samples;
}
