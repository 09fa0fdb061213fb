import { SyncError } from '@millrace/kernel';

/** Who waits for a migration to be taken, by its name. */
export interface MigrationWaiters {
  wait(name: string): Promise<void>;
  /** `error`: it was not taken. */
  ended(name: string, error: SyncError | null): void;
  /** Nothing will be taken any more: all reject with `closed`. */
  close(): void;
}

export function migrationWaiters(): MigrationWaiters {
  const waiting = new Map<string, PromiseWithResolvers<void>[]>();

  function ended(name: string, error: SyncError | null): void {
    const all = waiting.get(name) ?? [];
    waiting.delete(name);
    for (const { resolve, reject } of all)
      if (error) reject(error);
      else resolve();
  }

  return {
    wait: (name) => {
      const one = Promise.withResolvers<void>();
      waiting.set(name, [...(waiting.get(name) ?? []), one]);
      return one.promise;
    },
    ended,
    close: () => {
      for (const name of [...waiting.keys()]) ended(name, new SyncError('closed', 'the client was closed'));
    },
  };
}
