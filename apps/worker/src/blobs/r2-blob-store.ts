import { checkedBlobKey, type BlobStore } from '@millrace/kernel';
import { storageFailed } from './storage-failed.js';

/** What R2 forgets in one call at most. */
const DELETE_KEYS = 1_000;

/** Blobs in an R2 bucket. Bytes go in whole: R2 takes no stream of unknown length. */
export function r2BlobStore(bucket: Pick<R2Bucket, 'put' | 'get' | 'delete'>): BlobStore {
  return {
    put: async (key, bytes) => {
      const checked = checkedBlobKey(key);
      await storageFailed('store a blob', async () => void (await bucket.put(checked, bytes)));
    },
    get: async (key) => {
      const checked = checkedBlobKey(key);
      const object = await storageFailed('read a blob', () => bucket.get(checked));
      return object && { body: object.body, bytes: object.size };
    },
    delete: async (keys) => {
      const checked = keys.map(checkedBlobKey);
      for (let from = 0; from < checked.length; from += DELETE_KEYS) {
        await storageFailed('delete blobs', () => bucket.delete(checked.slice(from, from + DELETE_KEYS)));
      }
    },
  };
}
