import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorker, startWorkerd, type RunningWorkerd } from '@millrace/dev';
import { describeBlobStore } from '@millrace/testing';
import { getPlatformProxy } from 'wrangler';
import type { Env } from '../env.js';
import { blobStoreOf } from './blob-store-of.js';
import { diskBlobStore } from './disk-blob-store.js';
import { r2BlobStore } from './r2-blob-store.js';

const config = join(__dirname, '..', 'fixtures', 'blobs.jsonc');

describe('R2', () => {
  let platform: Awaited<ReturnType<typeof getPlatformProxy<Env>>>;
  beforeAll(async () => {
    // An empty file of variables: wrangler does not recognise Node's "no such file" inside Jest, and would not start without one.
    platform = await getPlatformProxy<Env>({ configPath: config, persist: false, envFiles: ['/dev/null'] });
  });
  afterAll(() => platform.dispose());

  describeBlobStore('R2 bucket', async () => r2BlobStore(platform.env.SNAPSHOTS as R2Bucket));
});

describe('workerd', () => {
  let folder: string;
  let workerd: RunningWorkerd;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-blobs-'));
    const { dir: bundleDir } = await bundleWorker({ outDir: join(folder, 'bundle'), config });
    await mkdir(join(folder, 'snapshots', 'torn'), { recursive: true });
    await writeFile(join(folder, 'snapshots', 'torn', '.0.1234.5.tmp'), 'half a blob');
    workerd = await startWorkerd({ bundleDir, dataDir: folder, port: 0, env: {}, config });
  });
  afterAll(async () => {
    await workerd.stop();
    await rm(folder, { recursive: true });
  });

  const disk = { fetch: (url: string, init: RequestInit) => fetch(`${workerd.url}${new URL(url).pathname}`, init) };
  describeBlobStore('disk service', async () => diskBlobStore(disk as unknown as Fetcher));

  it('starts without what a killed writer left', async () => {
    expect(await readdir(join(folder, 'snapshots', 'torn'))).toEqual([]);
  });
});

describe('blobStoreOf', () => {
  it('takes a service for a disk although it claims to have every method', async () => {
    class Fetcher {
      readonly asked: string[] = [];
      async fetch(url: string) {
        this.asked.push(url);
        return new Response(null, { status: 404 });
      }
    }
    const service = new Fetcher();
    const claimsAll = new Proxy(service, {
      get: (target, name) => Reflect.get(target, name) ?? (() => undefined),
      has: () => true,
    });
    expect(await blobStoreOf({ SNAPSHOTS: claimsAll } as unknown as Env).get('a/0')).toBeNull();
    expect(service.asked).toEqual(['http://disk/a/0']);
  });

  it('says what is missing', () => {
    expect(() => blobStoreOf({} as unknown as Env)).toThrow(/SNAPSHOTS/);
  });
});
