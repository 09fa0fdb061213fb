import { assert, SyncError, type BlobStore } from '@millrace/kernel';
import type { ConformanceCase } from './sql-connection-cases.js';

/** What every {@link BlobStore} must do: in memory, on a disk, in a bucket. Each case opens a store that may hold blobs of others. */
export const blobStoreCases: readonly ConformanceCase<BlobStore>[] = [
  inStore('gives back exactly what was put, with its length', async (store, folder) => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
    await store.put(`${folder}/0`, bytes);
    const blob = await store.get(`${folder}/0`);
    assert(blob?.bytes === 1_000, 'the length');
    same(await bytesOf(blob.body), bytes);
  }),

  inStore('takes blobs of several MB, and empty ones', async (store, folder) => {
    const large = new Uint8Array(5 * 1024 * 1024);
    for (let index = 0; index < large.length; index += 997) large[index] = index % 251;
    await store.put(`${folder}/large`, large);
    await store.put(`${folder}/empty`, new Uint8Array(0));
    same(await contentOf(store, `${folder}/large`), large);
    same(await contentOf(store, `${folder}/empty`), new Uint8Array(0));
  }),

  inStore('has taken the bytes when put resolves: their buffer may be used again', async (store, folder) => {
    const buffer = new Uint8Array([1, 2, 3, 4]);
    await store.put(`${folder}/0`, buffer.subarray(1, 3));
    buffer.fill(9);
    same(await contentOf(store, `${folder}/0`), new Uint8Array([2, 3]));
  }),

  inStore('a second put replaces the first', async (store, folder) => {
    await store.put(`${folder}/0`, new Uint8Array([1, 1, 1]));
    await store.put(`${folder}/0`, new Uint8Array([2]));
    same(await contentOf(store, `${folder}/0`), new Uint8Array([2]));
  }),

  inStore('what is not there is null, a folder of blobs too', async (store, folder) => {
    await store.put(`${folder}/deep/0`, new Uint8Array([1]));
    for (const key of [`${folder}/none`, `${folder}/deep`, `${folder}/none/deeper`]) {
      assert((await store.get(key)) === null, key);
    }
  }),

  inStore('forgets what it is told to, and nothing else', async (store, folder) => {
    const keys = ['0', '1', '10', 'deep/0'].map((name) => `${folder}/${name}`);
    for (const key of keys) await store.put(key, new Uint8Array([1]));
    await store.delete([`${folder}/1`, `${folder}/unknown`, `${folder}/deep`]);
    await store.delete([]);
    const there = await Promise.all(keys.map(async (key) => (await store.get(key)) !== null));
    assert(there.join() === 'true,false,true,true', there.join());
    await store.delete([`${folder}/1`]);
  }),

  inStore('forgets more than a thousand in one call', async (store, folder) => {
    const keys = Array.from({ length: 1_050 }, (_, index) => `${folder}/many/${index}`);
    await store.put(keys[0] as string, new Uint8Array([1]));
    await store.put(keys[1_049] as string, new Uint8Array([1]));
    await store.delete(keys);
    assert((await store.get(keys[0] as string)) === null, 'the first');
    assert((await store.get(keys[1_049] as string)) === null, 'the last');
  }),

  inStore('refuses what is no key, before it touches anything', async (store, folder) => {
    await store.put(`${folder}/0`, new Uint8Array([1]));
    const wrong = [
      '',
      '/',
      folder + '/',
      `/${folder}`,
      `${folder}//0`,
      '..',
      `${folder}/../${folder}/0`,
      `${folder}/A`,
      `${folder}/%2e`,
    ];
    for (const key of wrong) {
      for (const use of [() => store.get(key), () => store.put(key, new Uint8Array(1)), () => store.delete([key])]) {
        assert((await codeOf(use())) === 'assertion-failed', key);
      }
    }
    assert((await store.get(`${folder}/0`)) !== null, 'still there');
  }),
];

let stores = 0;

/** A folder of its own for each run, so that what others left behind does not matter. */
function inStore(name: string, run: (store: BlobStore, folder: string) => Promise<void>): ConformanceCase<BlobStore> {
  return {
    name,
    run: async (open) => {
      stores += 1;
      await run(await open(), `conformance/case-${stores}`);
    },
  };
}

async function contentOf(store: BlobStore, key: string): Promise<Uint8Array> {
  const blob = await store.get(key);
  assert(blob !== null, () => `${key} is not there`);
  return bytesOf(blob.body);
}

async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function same(actual: Uint8Array, expected: Uint8Array): void {
  assert(actual.length === expected.length, () => `expected ${expected.length} bytes, got ${actual.length}`);
  assert(
    actual.every((byte, index) => byte === expected[index]),
    'other bytes',
  );
}

async function codeOf(promise: Promise<unknown>): Promise<string | null> {
  return promise.then(
    () => null,
    (error: unknown) => (error instanceof SyncError ? error.code : String(error)),
  );
}
