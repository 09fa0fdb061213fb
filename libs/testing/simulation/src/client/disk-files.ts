import type { HydrationFiles } from '@millrace/pglite-client';
import type { Clock } from '@millrace/kernel';
import type { SeededRandom } from '@millrace/testing';

export interface DiskFilesOptions {
  /** What outlives the process. */
  readonly disk: Map<string, Uint8Array<ArrayBuffer>>;
  /** The process's: after its death nothing goes on. */
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Called while a file is half written. */
  readonly onWrite: () => void;
}

/** Files of a process that may die at any moment, and leave one half written. */
export function diskFiles({ disk, clock, random, onWrite }: DiskFilesOptions): HydrationFiles {
  return {
    read: async (name) => {
      await clock.sleep(random.int(2));
      return disk.get(name) ?? null;
    },
    write: async (name, bytes) => {
      disk.set(name, bytes.slice(0, bytes.length >> 1));
      onWrite();
      await clock.sleep(random.int(3));
      disk.set(name, Uint8Array.from(bytes));
    },
    clear: async () => {
      await clock.sleep(random.int(2));
      disk.clear();
    },
  };
}
