import { SyncError, type BlobStore } from '@millrace/kernel';
import type { Env } from '../env.js';
import { diskBlobStore } from './disk-blob-store.js';
import { r2BlobStore } from './r2-blob-store.js';

/** The store behind the binding SNAPSHOTS. Throws `database-misconfigured` if there is none. */
export function blobStoreOf({ SNAPSHOTS: binding }: Env): BlobStore {
  if (!binding) {
    throw new SyncError(
      'database-misconfigured',
      'there is no binding SNAPSHOTS: bind an R2 bucket (wrangler.jsonc), or a writable disk service (workerd)',
    );
  }
  return isService(binding) ? diskBlobStore(binding) : r2BlobStore(binding);
}

/** A service binding claims to have every method there is, a bucket's too; only its prototype tells the truth. */
function isService(binding: R2Bucket | Fetcher): binding is Fetcher {
  return Object.hasOwn(Object.getPrototypeOf(binding) as object, 'fetch');
}
