import { SyncError } from '@millrace/kernel';
import type { HydrationFiles } from '@millrace/hydration';
import { forget, orNull, type OpfsDirectory } from './opfs-directory.js';

/**
 * A hydration's files in a folder of their own, in a dedicated worker: they outlive a killed tab. Not flushed to the disk: what a power cut tears is
 * found by its digest and fetched again.
 */
export function opfsFiles(root: OpfsDirectory, name: string): HydrationFiles {
  return {
    read: async (file) => {
      const folder = await orNull(root.getDirectoryHandle(name));
      const handle = folder && (await orNull(folder.getFileHandle(file)));
      return handle && new Uint8Array(await (await handle.getFile()).arrayBuffer());
    },
    write: async (file, bytes) => {
      const folder = await root.getDirectoryHandle(name, { create: true });
      const access = await (await folder.getFileHandle(file, { create: true })).createSyncAccessHandle();
      try {
        access.truncate(0);
        const written = access.write(bytes, { at: 0 });
        if (written !== bytes.length)
          throw new SyncError('storage-failed', `${file}: only ${written} of ${bytes.length} bytes could be written`);
      } finally {
        access.close();
      }
    },
    clear: () => forget(root, name),
  };
}
