/** A folder of the origin's private file system; the part of `FileSystemDirectoryHandle` that is used here. */
export interface OpfsDirectory {
  getDirectoryHandle(name: string, options?: { readonly create?: boolean }): Promise<OpfsDirectory>;
  getFileHandle(name: string, options?: { readonly create?: boolean }): Promise<OpfsFile>;
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
