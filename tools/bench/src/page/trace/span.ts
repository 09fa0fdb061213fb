/** One thing that the client's worker did or waited for. Times by `machineNow`, ms. */
export interface Span {
  /** What kind of thing, for sums: `sql`, `request`, `opfs`, … */
  readonly kind: string;
  /** Which one. */
  readonly detail: string;
  readonly startedAt: number;
  readonly doneAt: number;
}

/** Channel on which the page asks the traced worker for what it has seen, and forgets it. */
export const TRACE_CHANNEL = 'bench-trace';
