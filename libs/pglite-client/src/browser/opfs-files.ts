import type { HydrationFiles } from '@millrace/hydration';
import { forget, orNull, readFile, writeFile, type OpfsDirectory } from './opfs-directory.js';

/**
 * A hydration's files in a folder of their own, in a dedicated worker: they outlive a killed tab. Not flushed to the disk: what a power cut tears is
 * found by its digest and fetched again.
 */
export function opfsFiles(root: OpfsDirectory, name: string): HydrationFiles {
  return {
    read: async (file) => {
      const folder = await orNull(root.getDirectoryHandle(name));
      return folder && readFile(folder, file);
    },
    write: async (file, bytes) => writeFile(await root.getDirectoryHandle(name, { create: true }), file, bytes),
    clear: () => forget(root, name),
  };
}
