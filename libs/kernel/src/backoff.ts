import type { Random } from './ports/random.js';

export interface BackoffOptions {
  /** First ceiling in ms (default 250). */
  readonly baseMs?: number;
  /** Highest ceiling in ms (default 30 000). */
  readonly maxMs?: number;
}

/**
 * Delay before attempt `attempt` (from 0): exponential ceiling with full jitter, so that ten thousand clients that lost one
 * server do not return in step (F36, F48).
 */
export function backoffDelay(attempt: number, random: Random, options: BackoffOptions = {}): number {
  const { baseMs = 250, maxMs = 30_000 } = options;
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random.next() * ceiling);
}
