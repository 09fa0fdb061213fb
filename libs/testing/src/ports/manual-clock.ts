import type { Clock } from '@millrace/kernel';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves time forward, running what falls due in order of time, then of request. Work that these tasks start in promises is not awaited. */
  advance(ms: number): void;
  /** When the next task falls due, ms since 1970; null: none waits. */
  nextAt(): number | null;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** A {@link ManualClock} that begins at `startMs` (default: 2026-01-01T00:00:00Z). */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startMs;
  let orders = 0;
  const timers = new Set<Timer>();

  const next = (): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers)
      if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    return first;
  };

  const after = (ms: number, task: () => void): (() => void) => {
    const timer: Timer = { at: now + Math.max(0, ms), order: ++orders, task };
    timers.add(timer);
    return () => timers.delete(timer);
  };

  return {
    now: () => now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const abort = () => {
          cancel();
          reject(new DOMException('The wait was aborted', 'AbortError'));
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
        if (signal?.aborted) return abort();
        signal?.addEventListener('abort', abort, { once: true });
      }),
    advance: (ms) => {
      const until = now + ms;
      for (let timer = next(); timer !== null && timer.at <= until; timer = next()) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.task();
      }
      now = until;
    },
    nextAt: () => next()?.at ?? null,
  };
}
