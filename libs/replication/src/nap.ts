import type { Clock } from '@millrace/kernel';

/** A wait that can be cut short. */
export interface Napper {
  /** Resolves after `ms`, or at {@link wake}; at once if that came since the last nap. Rejects with the signal's reason when it aborts. */
  nap(ms: number, signal: AbortSignal): Promise<void>;
  wake(): void;
}

export function createNapper(clock: Clock): Napper {
  let woken = false;
  let end: (() => void) | null = null;
  return {
    nap: (ms, signal) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          end = null;
          woken = false;
          cancel();
          signal.removeEventListener('abort', aborted);
          settle();
        };
        const aborted = () => finish(() => reject(signal.reason as Error));
        const cancel = clock.after(ms, () => finish(resolve));
        signal.addEventListener('abort', aborted, { once: true });
        end = () => finish(resolve);
        if (signal.aborted) aborted();
        else if (woken) end();
      }),
    wake() {
      woken = true;
      end?.();
    },
  };
}
