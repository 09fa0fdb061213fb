/** What went wrong on purpose, and how often: without it a run proves nothing. */
export class FaultLog {
  readonly counts = new Map<string, number>();

  note(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}

/** Adds one run's counts to a total. */
export function addCounts(total: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [kind, count] of counts) total.set(kind, (total.get(kind) ?? 0) + count);
}
