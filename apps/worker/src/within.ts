import { SyncError, type Clock } from '@millrace/kernel';

/**
 * What `work` comes to, or `timeout` after `ms`: a call between objects may never be answered, and whoever waits for it without an end
 * has stopped for good. The work itself goes on; its late result is dropped.
 */
export async function within<T>(clock: Clock, ms: number, what: string, work: Promise<T>): Promise<T> {
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () =>
      reject(new SyncError('timeout', `${what} did not come to an end within ${ms / 1000} s`)),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
