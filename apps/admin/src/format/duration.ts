const STEPS = [
  { ms: 86_400_000, unit: 'd' },
  { ms: 3_600_000, unit: 'h' },
  { ms: 60_000, unit: 'min' },
  { ms: 1_000, unit: 's' },
] as const;

/** A span in its two largest units: `3 h 12 min`. Below a second: `0 s`. */
export function formatSpan(ms: number): string {
  const start = STEPS.findIndex((step) => ms >= step.ms);
  if (start === -1) return '0 s';
  const [large, small] = [STEPS[start], STEPS[start + 1]];
  if (!large) return '0 s';
  const head = `${Math.floor(ms / large.ms)} ${large.unit}`;
  const rest = small ? Math.floor((ms % large.ms) / small.ms) : 0;
  return small && rest > 0 ? `${head} ${rest} ${small.unit}` : head;
}

/** How long ago `time` was when the clock stood at `now`; both from the same machine, as ISO text. */
export function formatSince(time: string, now: string): string {
  const span = Date.parse(now) - Date.parse(time);
  return Number.isNaN(span) ? time : formatSpan(Math.max(0, span));
}

/** A lag: ms up to ten seconds, then coarser. */
export function formatLag(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms).toLocaleString('en')} ms` : formatSpan(ms);
}

/** A moment for people, in their time zone. */
export function formatMoment(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? time : at.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
