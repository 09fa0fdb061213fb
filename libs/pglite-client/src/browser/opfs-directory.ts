import { SyncError } from '@millrace/kernel';

/** A folder of the origin's private file system; the part of `FileSystemDirectoryHandle` that is used here. */
export interface OpfsDirectory {
  getDirectoryHandle(name: string, options?: { readonly create?: boolean }): Promise<OpfsDirectory>;
  getFileHandle(name: string, options?: { readonly create?: boolean }): Promise<OpfsFile>;
  /** Names of what is in it. */
  keys(): AsyncIterable<string>;
  removeEntry(name: string, options?: { readonly recursive?: boolean }): Promise<void>;
}

export interface OpfsFile {
  getFile(): Promise<Blob>;
  /** Dedicated workers only. */
  createSyncAccessHandle(): Promise<SyncAccess>;
}

export interface SyncAccess {
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  close(): void;
}

/** A file's bytes; null if it is not there. */
export async function readFile(directory: OpfsDirectory, name: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const handle = await orNull(directory.getFileHandle(name));
  return handle && new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

/** Handles that are asked for something: nothing else refers to them, and one that is collected meanwhile may never answer. */
const asked = new Set<OpfsFile>();

/** Writes a file whole, in a dedicated worker. Throws `storage-failed` if there is no room for all of it. */
export async function writeFile(directory: OpfsDirectory, name: string, bytes: Uint8Array): Promise<void> {
  const file = await directory.getFileHandle(name, { create: true });
  asked.add(file);
  const access = await file.createSyncAccessHandle().finally(() => asked.delete(file));
  try {
    access.truncate(0);
    const written = access.write(bytes, { at: 0 });
    if (written !== bytes.length)
      throw new SyncError('storage-failed', `${name}: only ${written} of ${bytes.length} bytes could be written`);
  } finally {
    access.close();
  }
}

/** What `find` gives; null if it is not there. Any other failure is thrown on. */
export async function orNull<T>(find: Promise<T>): Promise<T | null> {
  try {
    return await find;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  }
}

/** Removes a file or a folder with all that is in it; it is fine if it is not there. */
export async function forget(directory: OpfsDirectory, name: string): Promise<void> {
  await orNull(directory.removeEntry(name, { recursive: true }));
}
