import { SyncError, type Clock } from '@millrace/kernel';

/** A transaction that has run no statement for so long while another call waits for its end is rolled back. */
const IDLE_MS = 10_000;

/** One open transaction of the app. */
export interface WatchedTransaction {
  /** Runs a statement of it. Rejects with `timeout` once the transaction has been given up. */
  statement<T>(work: () => Promise<T>): Promise<T>;
  /** Rejects with `timeout` when the transaction is given up; settles in no other way. */
  readonly givenUp: Promise<never>;
  end(): void;
}

/** Knows who waits for whom: the local Postgres has one session, and a call made inside a transaction, but not by it, waits for itself. */
export interface IdleWatch {
  /** Counts as waiting until it settles. */
  waiting<T>(work: () => Promise<T>): Promise<T>;
  open(): WatchedTransaction;
}

export function idleWatch(clock: Clock): IdleWatch {
  let waiters = 0;
  let current: { check(): void } | null = null;

  function open(): WatchedTransaction {
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    givenUp.catch(() => undefined); // whoever races it is told; a transaction that has ended needs no telling
    let running = 0;
    let over: SyncError | null = null;
    let stop: (() => void) | null = null;

    function check(): void {
      const idle = running === 0 && waiters > 0 && over === null;
      if (!idle) {
        stop?.();
        stop = null;
      } else stop ??= clock.after(IDLE_MS, giveUp);
    }

    function giveUp(): void {
      over = new SyncError(
        'timeout',
        `A transaction was rolled back: its callback had run no statement for ${IDLE_MS / 1_000} s while other calls waited for its end. Inside db.transaction, use the tx that the callback is given: client.db, client.live and the lists wait until the transaction has ended, and so would wait for themselves. Wait for nothing else in it either.`,
      );
      reject(over);
    }

    const transaction = { check };
    current = transaction;
    check();
    return {
      givenUp,
      statement: async (work) => {
        if (over) throw over;
        running += 1;
        check();
        try {
          return await work();
        } finally {
          running -= 1;
          check();
        }
      },
      end: () => {
        stop?.();
        if (current === transaction) current = null;
      },
    };
  }

  return {
    open,
    waiting: async (work) => {
      waiters += 1;
      current?.check();
      try {
        return await work();
      } finally {
        waiters -= 1;
        current?.check();
      }
    },
  };
}
