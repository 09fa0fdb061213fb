import { checkedBlobKey, SyncError, type BlobStore } from '@millrace/kernel';

/** Blobs in memory, for tests. */
export interface MemoryBlobStore extends BlobStore {
  /** What is there, by key. Tests may damage it. */
  readonly blobs: Map<string, Uint8Array<ArrayBuffer>>;
  /** Makes the next call of this method fail, as a store does that cannot be reached. */
  failNext(method: 'put' | 'get' | 'delete'): void;
}

export function memoryBlobStore(): MemoryBlobStore {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const failing = new Set<string>();
  const enter = (method: string) => {
    if (failing.delete(method))
      throw new SyncError('storage-failed', `the blob store failed to ${method}, as the test wished`);
  };
  return {
    blobs,
    failNext: (method) => void failing.add(method),
    put: async (key, bytes) => {
      enter('put');
      blobs.set(checkedBlobKey(key), bytes.slice());
    },
    get: async (key) => {
      enter('get');
      const bytes = blobs.get(checkedBlobKey(key));
      return bytes ? { body: new Blob([bytes]).stream(), bytes: bytes.length } : null;
    },
    delete: async (keys) => {
      enter('delete');
      for (const key of keys) blobs.delete(checkedBlobKey(key));
    },
  };
}
