import { DatabaseSync } from 'node:sqlite';

/** Held by the one supervisor of a data directory. */
export interface InstanceLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Takes the lock of a data directory, or returns null if another process holds it. Node has no `flock`; an open
 * exclusive transaction of SQLite is the same lock of the operating system: it is taken in one step, and the kernel
 * frees it when its holder dies in whatever way, so there is no stale lock to judge.
 */
export function takeInstanceLock(file: string): InstanceLock | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return null;
    throw error;
  }
  return { release: () => database.close() };
}
