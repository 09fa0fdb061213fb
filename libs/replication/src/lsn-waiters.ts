import { SyncError, type Lsn, type Position } from '@millrace/kernel';

/** Callers that wait until capture has passed an address. */
export interface LsnWaiters {
  wait(lsn: Lsn, signal?: AbortSignal): Promise<Position>;
  /** Everything up to `lsn` is persisted and visible, and history ends at `head`. */
  passed(lsn: Lsn, head: Position): void;
  /** Ends all waits. */
  fail(error: Error): void;
  readonly waiting: boolean;
}

interface Waiter {
  readonly lsn: Lsn;
  readonly resolve: (head: Position) => void;
  readonly reject: (error: Error) => void;
}

export function createLsnWaiters(): LsnWaiters {
  const waiters = new Set<Waiter>();
  return {
    wait: (lsn, signal) =>
      new Promise((resolve, reject) => {
        const aborted = () => finish(() => reject(new SyncError('closed', 'the wait for capture was given up')));
        const finish = (settle: () => void) => {
          waiters.delete(waiter);
          signal?.removeEventListener('abort', aborted);
          settle();
        };
        const waiter: Waiter = {
          lsn,
          resolve: (head) => finish(() => resolve(head)),
          reject: (error) => finish(() => reject(error)),
        };
        waiters.add(waiter);
        if (signal?.aborted) aborted();
        else signal?.addEventListener('abort', aborted, { once: true });
      }),
    passed(lsn, head) {
      for (const waiter of [...waiters]) if (waiter.lsn <= lsn) waiter.resolve(head);
    },
    fail(error) {
      for (const waiter of [...waiters]) waiter.reject(error);
    },
    get waiting() {
      return waiters.size > 0;
    },
  };
}
