import type { ExitStatus } from '@millrace/processes';

/** How one run of a process went. */
export interface Life {
  /** How long it listened; null if it never did. */
  readonly listenedMs: number | null;
  readonly status: ExitStatus;
}

/** What is remembered from one death to the next. */
export interface RestartState {
  /** Deaths in a row by its own fault. */
  readonly faults: number;
  /** Deaths in a row by SIGKILL: an operator, a test, or the system short of memory. */
  readonly kills: number;
}

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly faults: number };

export const FIRST_LIFE: RestartState = { faults: 0, kills: 0 };

const MAX_FAULTS = 5;
/** After so long a life, a death is news and not part of a series. */
const STABLE_MS = 10_000;
const FAULT_DELAY_MS = 250;
const KILL_DELAY_MS = 50;
const MAX_KILL_DELAY_MS = 1_000;

/**
 * When to start again after a death. A process that keeps failing by itself is given up after five tries, for the
 * sixth would not differ; one that is killed from outside is not at fault and comes back each time.
 */
export function afterDeath(previous: RestartState, life: Life): { state: RestartState; decision: RestartDecision } {
  const state = life.listenedMs !== null && life.listenedMs >= STABLE_MS ? FIRST_LIFE : previous;
  if (life.status.signal === 'SIGKILL') {
    const kills = state.kills + 1;
    const delayMs = Math.min(KILL_DELAY_MS * 2 ** (kills - 1), MAX_KILL_DELAY_MS);
    return { state: { ...state, kills }, decision: { kind: 'restart', delayMs } };
  }
  const faults = state.faults + 1;
  if (faults > MAX_FAULTS) return { state: { ...state, faults }, decision: { kind: 'give-up', faults } };
  return { state: { ...state, faults }, decision: { kind: 'restart', delayMs: FAULT_DELAY_MS * 2 ** (faults - 1) } };
}
