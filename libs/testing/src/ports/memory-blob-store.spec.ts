import { describeBlobStore } from '../conformance/blob-store.js';
import { memoryBlobStore } from './memory-blob-store.js';

describeBlobStore('memory', async () => memoryBlobStore());

it('the memory store fails as it is told, once', async () => {
  const store = memoryBlobStore();
  store.failNext('put');
  await expect(store.put('a/0', new Uint8Array(1))).rejects.toMatchObject({ code: 'storage-failed' });
  await store.put('a/0', new Uint8Array(1));
  expect([...store.blobs.keys()]).toEqual(['a/0']);
});
