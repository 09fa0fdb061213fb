import type { SimulationFailure, SimulationReport } from '@millrace/testing-simulation';

/** The end of a failed run's story that is printed; the whole of it can be had by playing the seed alone. */
const TRACE_LINES = 60;

/** A failure with the command that plays it again. */
export function describeSimulationFailure({ seed, violation, trace }: SimulationFailure, whole: boolean): string {
  const shown = whole ? trace : trace.slice(-TRACE_LINES);
  const cut = shown.length < trace.length ? [`  … ${trace.length - shown.length} earlier lines`] : [];
  return [
    `✗ seed ${seed}: ${violation}`,
    ...cut,
    ...shown.map((line) => `  ${line}`),
    `  again: npm run simulate -- --seeds 1 --from ${seed}`,
  ].join('\n');
}

/** What was run and what went wrong on purpose, for people. */
export function describeSimulation(report: SimulationReport, seconds: number): string {
  return [
    `${report.runs} runs, ${report.operations} operations, ${report.transactions} transactions, ${report.mutations} client mutations in ${seconds.toFixed(1)} s`,
    `faults: ${countsText(report.faults)}`,
    `resyncs, each with a true cause: ${countsText(report.resyncs)}`,
    `fills, each with a true cause: ${countsText(report.fills)}`,
    `${report.runs - report.failures.length} passed, ${report.failures.length} failed`,
  ].join('\n');
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? 'none' : entries.map(([kind, count]) => `${kind} ${count}`).join(' · ');
}
