import type { Clock } from '@millrace/kernel';

/** The clock of a process that can die: then none of its timers goes off any more. */
export interface ProcessClock extends Clock {
  kill(): void;
}

export function processClock(clock: Clock): ProcessClock {
  let alive = true;
  return {
    now: () => clock.now(),
    after: (ms, task) => clock.after(ms, () => alive && task()),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        clock.sleep(ms, signal).then(
          () => alive && resolve(),
          (error: unknown) => alive && reject(error),
        );
      }),
    kill: () => {
      alive = false;
    },
  };
}
