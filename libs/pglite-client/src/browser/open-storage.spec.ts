import { OpfsAhpFS } from '@electric-sql/pglite/opfs-ahp';
import { manualClock, recordingLogger } from '@millrace/testing';
import type { LocalPostgres } from '../store/open-pglite.js';
import { fakeOpfs, type FakeOpfs } from '../testing/fake-opfs.js';
import { openKeptStorage, type OpenStoragePorts } from './open-storage.js';

type PGliteOptions = Parameters<OpenStoragePorts['openPGlite']>[0];

const image = new Blob(['image']);

/** A file system is given ready-made where its defaults do not fit. */
function folderOf({ dataDir, fs }: PGliteOptions): string {
  return dataDir?.split('//')[1] ?? (fs instanceof OpfsAhpFS ? fs.dataDir : '');
}

describe('openKeptStorage', () => {
  let root: FakeOpfs;
  let opened: PGliteOptions[];
  /** What opening does: it makes the folder, as PGlite does first of all, and may fail. */
  let open: (options: PGliteOptions, folder: FakeOpfs) => Promise<LocalPostgres>;
  let template: Blob | null;
  let waited: number[];
  let clock: ReturnType<typeof manualClock>;
  const pg = {} as LocalPostgres;
  const start = () =>
    openKeptStorage('me', {
      root,
      openPGlite: async (options) => {
        opened.push(options);
        const folder = await root.getDirectoryHandle(folderOf(options), { create: true });
        return open(options, folder as FakeOpfs);
      },
      template: () => Promise.resolve(template),
      onStillOpening: (seconds) => waited.push(seconds),
      clock,
      logger: recordingLogger(),
    });
  const kinds = () => opened.map((options) => [folderOf(options), options.loadDataDir !== undefined]);

  beforeEach(() => {
    root = fakeOpfs();
    opened = [];
    waited = [];
    clock = manualClock();
    template = image;
    open = () => Promise.resolve(pg);
  });

  it('makes a new database from the image, and opens it without the next time', async () => {
    expect(await start()).toMatchObject({ kind: 'opfs-ahp', pg });
    await start();
    expect(kinds()).toEqual([
      ['me-opfs-ahp', true],
      ['me-opfs-ahp', false],
    ]);
    expect([...root.entries.keys()]).toEqual(['me-opfs-ahp']);
  });

  it('makes it by initdb where there is no image', async () => {
    template = null;
    await start();
    expect(kinds()).toEqual([['me-opfs-ahp', false]]);
  });

  it('makes it by initdb, in an empty folder, if the image is of another PGlite', async () => {
    open = async ({ loadDataDir }, folder) => {
      expect([...folder.entries.keys()]).toEqual([]);
      await folder.getFileHandle('PG_VERSION', { create: true });
      if (loadDataDir) throw new Error('incompatible');
      return pg;
    };
    expect(await start()).toMatchObject({ kind: 'opfs-ahp' });
    expect(kinds().map(([, fromImage]) => fromImage)).toEqual([true, false]);
  });

  it('the half of a new database that a killed tab left is made anew; a whole one never is', async () => {
    open = () => new Promise(() => undefined);
    void start();
    while (opened.length === 0) await Promise.resolve();
    const half = root.entries.get('me-opfs-ahp');
    open = () => Promise.resolve(pg);
    await start();
    const whole = root.entries.get('me-opfs-ahp');
    expect(whole).not.toBe(half);
    await start();
    expect(root.entries.get('me-opfs-ahp')).toBe(whole);
  });

  it('takes the next way if one does not work, and says why if none does', async () => {
    open = (options) =>
      folderOf(options).endsWith('opfs-ahp') ? Promise.reject(new Error('no handles')) : Promise.resolve(pg);
    expect(await start()).toMatchObject({ kind: 'memfs2opfs' });
    root = fakeOpfs();
    open = () => Promise.reject(new Error('no storage'));
    await expect(start()).rejects.toThrow(/opfs-ahp: no storage; memfs2opfs: no storage/);
  });

  it('a database that is there is opened in its own way, or not at all: another one would hide its outbox', async () => {
    await start();
    open = () => Promise.reject(new Error('busy'));
    await expect(start()).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(/opfs-ahp: busy.*Nothing of it was touched/),
    });
    expect([...root.entries.keys()]).toEqual(['me-opfs-ahp']);
    open = () => Promise.resolve(pg);
    expect(await start()).toMatchObject({ kind: 'opfs-ahp' });
  });

  it('one that was made through memory stays so, also when the better way works by now', async () => {
    open = (options) =>
      folderOf(options).endsWith('opfs-ahp') ? Promise.reject(new Error('no handles')) : Promise.resolve(pg);
    await start();
    open = () => Promise.resolve(pg);
    expect(await start()).toMatchObject({ kind: 'memfs2opfs' });
  });

  it.each([
    ['a new one', false],
    ['one that is there', true],
  ])('%s that is slow to open is waited for, and no second one is opened beside it', async (_name, there) => {
    if (there) await start();
    let finish: (pg: LocalPostgres) => void = () => undefined;
    open = () => new Promise((resolve) => (finish = resolve));
    const before = opened.length;
    const starting = start();
    while (opened.length === before) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10 * 60_000);
    expect(waited.slice(0, 3)).toEqual([10, 20, 30]);
    await new Promise((resolve) => setImmediate(resolve));
    finish(pg);
    expect(await starting).toMatchObject({ kind: 'opfs-ahp', pg });
    expect(opened).toHaveLength(before + 1);
    waited = [];
    clock.advance(60_000);
    expect(waited).toEqual([]);
  });

  it('what was known of its outbox holds no more once it is in use', async () => {
    await start();
    await root.getFileHandle('me-opfs-ahp.outbox', { create: true });
    await start();
    expect([...root.entries.keys()]).toEqual(['me-opfs-ahp']);
  });

  it('keeps the files of a hydration beside it', async () => {
    const { files } = await start();
    await files.write('a', Uint8Array.of(1));
    expect(await (await start()).files.read('a')).toEqual(Uint8Array.of(1));
  });
});
