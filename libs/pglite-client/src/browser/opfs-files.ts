import type { HydrationFiles } from '@millrace/hydration';
import { forget, orNull, readFile, writeFile, type OpfsDirectory } from './opfs-directory.js';

/**
 * A hydration's files in a folder of their own, in a dedicated worker: they outlive a killed tab. Not flushed to the disk: what a power cut tears is
 * found by its digest and fetched again.
 */
export function opfsFiles(root: OpfsDirectory, name: string): HydrationFiles {
  let folder: Promise<OpfsDirectory> | null = null;
  return {
    read: async (file) => {
      const found = await orNull(root.getDirectoryHandle(name));
      return found && readFile(found, file);
    },
    write: async (file, bytes) => {
      folder ??= root.getDirectoryHandle(name, { create: true });
      await writeFile(await folder, file, bytes);
    },
    clear: () => {
      folder = null;
      return forget(root, name);
    },
  };
}
