import { SyncError, type Clock, type CopySession } from '@millrace/kernel';

/** For so long tables may be locked and their old row versions kept [S1]. */
export const READ_MS = 60_000;

export interface InTimeOptions {
  readonly session: Pick<CopySession, 'close'>;
  readonly clock: Clock;
  readonly ms: number;
  /** For the error: `table x`. */
  readonly what: string;
}

/** Runs `work` on the session, which is closed when the time is over, whatever it waits for. Throws `timeout` then. */
export async function inTime<T>({ session, clock, ms, what }: InTimeOptions, work: () => Promise<T>): Promise<T> {
  let overdue = false;
  const cancel = clock.after(ms, () => {
    overdue = true;
    session.close().catch(() => undefined);
  });
  try {
    return await work();
  } catch (cause) {
    if (!overdue) throw cause;
    throw new SyncError('timeout', `${what} was not read within ${ms} ms: it cannot stay locked for longer`, { cause });
  } finally {
    cancel();
  }
}
