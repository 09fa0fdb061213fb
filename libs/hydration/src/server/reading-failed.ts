import { SqlError, SyncError } from '@millrace/kernel';

/** What a failed reading is to its callers: what Postgres said of a statement becomes `snapshot-failed`, without its words, which may hold SQL (I8). */
export async function readingFailed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof SqlError)) throw cause;
    const message = `reading the database failed (SQLSTATE ${cause.code}): try again`;
    throw new SyncError('snapshot-failed', message, { cause });
  }
}
