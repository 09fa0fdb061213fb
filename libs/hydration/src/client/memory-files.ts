import type { HydrationFiles } from './hydration-files.js';

/** Files that last as long as the process: enough to go on after a dropped connection. */
export function memoryHydrationFiles(): HydrationFiles {
  const content = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    read: (name) => Promise.resolve(content.get(name) ?? null),
    write: (name, bytes) => {
      content.set(name, Uint8Array.from(bytes));
      return Promise.resolve();
    },
    clear: () => {
      content.clear();
      return Promise.resolve();
    },
  };
}
