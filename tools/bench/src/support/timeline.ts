import type { Span } from '../page/trace/span.js';

/** A stretch of work whose spans are to be told from others'. */
export interface Stretch {
  readonly startedAt: number;
  readonly doneAt: number;
}

/** Spans of the stretch as text: sums by kind, then each span in the order of its beginning, ms after the stretch began. */
export function timelineText(spans: readonly Span[], { startedAt, doneAt }: Stretch): string {
  const within = spans
    .filter((span) => span.doneAt >= startedAt && span.startedAt <= doneAt)
    .toSorted((a, b) => a.startedAt - b.startedAt);
  const lines = within.map((span) =>
    [
      (span.startedAt - startedAt).toFixed(1).padStart(9),
      (span.doneAt - span.startedAt).toFixed(1).padStart(8),
      span.kind.padEnd(8),
      span.detail,
    ].join('  '),
  );
  return [
    `${(doneAt - startedAt).toFixed(0)} ms in all`,
    ...sums(within),
    '',
    '    begin        ms',
    ...lines,
    '',
  ].join('\n');
}

/** By kind: how long at least one of them was under way, and how many there were. */
function sums(spans: readonly Span[]): readonly string[] {
  const kinds = [...new Set(spans.map(({ kind }) => kind))];
  return kinds
    .map((kind) => spans.filter((span) => span.kind === kind))
    .map((each) => ({ kind: each[0]?.kind ?? '', count: each.length, ms: covered(each) }))
    .toSorted((a, b) => b.ms - a.ms)
    .map(({ kind, count, ms }) => `${ms.toFixed(1).padStart(9)} ms  ${kind} × ${count}`);
}

/** Time that the spans cover together; they are in the order of their beginning. */
export function covered(spans: readonly Stretch[]): number {
  let until = -Infinity;
  let total = 0;
  for (const { startedAt, doneAt } of spans) {
    if (doneAt <= until) continue;
    total += doneAt - Math.max(startedAt, until);
    until = doneAt;
  }
  return total;
}
