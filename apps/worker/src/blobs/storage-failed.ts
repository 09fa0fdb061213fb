import { errorText, SyncError } from '@millrace/kernel';

/** What `work` comes to; whatever it throws is `storage-failed`. */
export async function storageFailed<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SyncError) throw cause;
    throw new SyncError('storage-failed', `could not ${what}: ${errorText(cause)}`, { cause });
  }
}
