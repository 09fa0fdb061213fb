import { ratioOf, type Figure } from '../core/figure.js';
import type { Machine } from '../core/machine.js';

/** The figure as one line of JSON: first what every reader needs, then what is behind it. Samples are for charts and are left out. */
export function jsonLine(figure: Figure, machine: Machine): string {
  const { id, value, unit, limit } = figure;
  return JSON.stringify({
    id,
    value,
    unit,
    limit: limit?.value ?? null,
    ratio: ratioOf(figure),
    title: figure.title,
    limitOf: limit?.of ?? null,
    budgets: figure.budgets,
    process: figure.process,
    clock: figure.clock,
    spread: figure.spread,
    use: figure.use,
    bytes: figure.bytes,
    notes: figure.notes,
    machine,
  });
}
