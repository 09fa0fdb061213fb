import { checkedBlobKey, SyncError, type BlobBody, type BlobStore } from '@millrace/kernel';
import { storageFailed } from './storage-failed.js';

/** A disk service of workerd answers for a folder with its listing, and by this type alone it is told from a file. */
const LISTING = 'application/json';
const DELETES_AT_ONCE = 8;

/** Blobs as files behind a writable disk service of workerd, which writes aside and renames: whole or not at all. */
export function diskBlobStore(disk: Pick<Fetcher, 'fetch'>): BlobStore {
  const call = (key: string, method: string, body: Uint8Array | null = null) =>
    storageFailed(`${method} a blob`, () => disk.fetch(`http://disk/${key}`, { method, body }));
  return {
    put: async (key, bytes) => {
      const answer = await call(checkedBlobKey(key), 'PUT', bytes);
      await answer.body?.cancel();
      if (!answer.ok) throw refused('store a blob', answer);
    },
    get: async (key) => fileOf(await call(checkedBlobKey(key), 'GET')),
    delete: async (keys) => {
      const rest = keys.map(checkedBlobKey);
      const deleteOne = async (key: string) => {
        // DELETE of a folder takes all that is in it.
        const found = await call(key, 'HEAD');
        if (!isFile(found)) return;
        const answer = await call(key, 'DELETE');
        await answer.body?.cancel();
        if (!answer.ok && answer.status !== 404) throw refused('delete a blob', answer);
      };
      while (rest.length > 0) await Promise.all(rest.splice(0, DELETES_AT_ONCE).map(deleteOne));
    },
  };
}

async function fileOf(answer: Response): Promise<BlobBody | null> {
  if (isFile(answer) && answer.body) return { body: answer.body, bytes: Number(answer.headers.get('content-length')) };
  await answer.body?.cancel();
  if (answer.ok || answer.status === 404) return null;
  throw refused('read a blob', answer);
}

function isFile(answer: Response): boolean {
  return answer.ok && answer.headers.get('content-type') !== LISTING;
}

function refused(what: string, { status }: Response): SyncError {
  return new SyncError('storage-failed', `could not ${what}: the disk answered ${status}`);
}
