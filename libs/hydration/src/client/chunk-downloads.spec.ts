import { silentLogger, SyncError } from '@millrace/kernel';
import { manualClock, recordingLogger, seededRandom } from '@millrace/testing';
import { bytesOf, mapFiles, tableOf } from '../fixtures/snapshot-world.js';
import { downloadChunks } from './chunk-downloads.js';
import { sha256 } from './digest.js';
import type { HydrationFiles } from './hydration-files.js';
import { DOWNLOAD } from './limits.js';

type Fetch = (text: string, attempt: number) => Promise<Uint8Array<ArrayBuffer>>;

/** A download of one table from a source that answers as `fetch` says. */
async function world(chunks: readonly string[], fetch: Fetch = (text) => Promise.resolve(bytesOf(text))) {
  const clock = manualClock();
  const files = mapFiles();
  const logger = recordingLogger();
  const control = new AbortController();
  const table = await tableOf('items', chunks);
  const asked: number[] = [];
  const brought: [bytes: number, kept: boolean][] = [];
  const source = {
    chunk: ({ n }: { n: number }, { signal }: { signal: AbortSignal }) => {
      asked.push(n);
      return new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new SyncError('closed', 'aborted')));
        fetch(chunks[n] ?? '', asked.filter((each) => each === n).length).then(resolve, reject);
      });
    },
  };
  const start = ({ resumed = false, files: kept = files as HydrationFiles | null } = {}) =>
    downloadChunks([table], {
      source,
      files: kept,
      resumed,
      digest: sha256,
      clock,
      random: seededRandom(1),
      logger,
      signal: control.signal,
      onChunk: (chunk, kept) => brought.push([chunk.bytes, kept]),
    });
  return { clock, files, logger, control, table, asked, brought, start };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Digests are made on other threads: nothing here can tell when they are done. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settled();
}

describe('downloadChunks', () => {
  it('brings every chunk, whoever waits for it before or after', async () => {
    const { start, table } = await world(['a', 'bb', 'ccc']);
    const downloads = start();
    const early = downloads.read(table.id, 2);
    expect(text(await downloads.read(table.id, 0))).toBe('a');
    expect(text(await early)).toBe('ccc');
    await settled();
    expect(text(await downloads.read(table.id, 1))).toBe('bb');
    expect(downloads.failure()).toBeNull();
  });

  it('fetches four at a time, and holds the next back until one is written (I11)', async () => {
    const waiting: (() => void)[] = [];
    let letAll = false;
    const chunks = ['0', '1', '2', '3', '4', '5'];
    const { start, asked, table } = await world(
      chunks,
      (each) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(bytesOf(each)));
          if (letAll) resolve(bytesOf(each));
        }),
    );
    const downloads = start();
    await until(() => asked.length >= 4);
    await settled();
    expect(asked).toEqual([0, 1, 2, 3]);
    waiting[2]?.();
    await until(() => asked.length >= 5);
    await settled();
    expect(asked).toEqual([0, 1, 2, 3, 4]);
    letAll = true;
    for (const go of waiting) go();
    expect(text(await downloads.read(table.id, 5))).toBe('5');
  });

  it('has two chunks a lane in memory at the most, however slow the disk is (I11)', async () => {
    const chunks = Array.from({ length: 12 }, (_, n) => String(n));
    const { start, files, asked, table } = await world(chunks);
    let write: () => void = () => undefined;
    const allowed = new Promise<void>((resolve) => (write = resolve));
    const downloads = start({
      files: { ...files, write: (name, bytes) => allowed.then(() => files.write(name, bytes)) },
    });
    await until(() => asked.length >= 8);
    await settled();
    expect(asked).toHaveLength(8);
    write();
    expect(text(await downloads.read(table.id, 11))).toBe('11');
  });

  it('(F40) takes what an earlier attempt has brought, if it is what the manifest says', async () => {
    const { start, asked, brought, files, table } = await world(['a', 'b', 'c']);
    const first = start();
    await Promise.all([0, 1, 2].map((n) => first.read(table.id, n)));
    files.content.set(`${table.id}-1`, bytesOf('x'));
    asked.length = brought.length = 0;
    const second = start({ resumed: true });
    expect(text(await second.read(table.id, 1))).toBe('b');
    await second.end();
    expect(asked).toEqual([1]);
    expect(brought.filter(([, kept]) => kept)).toHaveLength(2);
  });

  it('fetches a corrupt chunk once more', async () => {
    const { start, asked, logger, table } = await world(['abc'], (each, attempt) =>
      Promise.resolve(bytesOf(attempt === 1 ? 'abd' : each)),
    );
    expect(text(await start().read(table.id, 0))).toBe('abc');
    expect(asked).toEqual([0, 0]);
    expect(logger.messages('warn')).toEqual(['a chunk is corrupt']);
  });

  it.each<[string, Fetch]>([
    ['flipped', () => Promise.resolve(bytesOf('abd'))],
    ['truncated', () => Promise.resolve(bytesOf('ab'))],
    ['too long', () => Promise.reject(new SyncError('snapshot-corrupt', 'too long'))],
  ])('names the table of a chunk that is %s twice, and keeps none of it', async (_what, fetch) => {
    const { start, asked, files, table } = await world(['abc'], fetch);
    const downloads = start();
    await expect(downloads.read(table.id, 0)).rejects.toMatchObject({ code: 'snapshot-corrupt', table: 'items' });
    expect(downloads.failure()).toMatchObject({ table: 'items' });
    expect(asked).toEqual([0, 0]);
    expect([...files.content]).toEqual([]);
  });

  it('tries again over a bad line, with a wait', async () => {
    const { start, clock, asked, table } = await world(['abc'], (each, attempt) =>
      attempt < 3 ? Promise.reject(new SyncError('network', 'gone')) : Promise.resolve(bytesOf(each)),
    );
    const read = start().read(table.id, 0);
    for (let turn = 0; turn < 5; turn++) {
      await settled();
      clock.advance(10_000);
    }
    expect(text(await read)).toBe('abc');
    expect(asked).toHaveLength(3);
  });

  it('waits as long as the server asks for, if that is longer than its own wait', async () => {
    const busy = new SyncError('too-many-requests', 'slow down', { retryAfterMs: 30_000 });
    const { start, clock, asked, table } = await world(['abc'], (each, attempt) =>
      attempt === 1 ? Promise.reject(busy) : Promise.resolve(bytesOf(each)),
    );
    const read = start().read(table.id, 0);
    await settled();
    clock.advance(29_000);
    await settled();
    expect(asked).toHaveLength(1);
    clock.advance(1_000);
    expect(text(await read)).toBe('abc');
    expect(asked).toHaveLength(2);
  });

  it('does not wait for ever, whatever the server asks for', async () => {
    const busy = new SyncError('too-many-requests', 'slow down', { retryAfterMs: 999_999_000 });
    const { start, clock, table } = await world(['abc'], (each, attempt) =>
      attempt === 1 ? Promise.reject(busy) : Promise.resolve(bytesOf(each)),
    );
    const read = start().read(table.id, 0);
    await settled();
    clock.advance(DOWNLOAD.waitMost);
    expect(text(await read)).toBe('abc');
  });

  it('keeps no files where there are none, and looks for none unless an attempt was there before', async () => {
    const { start, files, table } = await world(['a', 'bb']);
    const read = jest.spyOn(files, 'read');
    const inMemory = start({ files: null });
    await settled();
    expect(text(await inMemory.read(table.id, 1))).toBe('bb');
    expect(text(await inMemory.read(table.id, 0))).toBe('a');
    expect([...files.content]).toEqual([]);
    await start().read(table.id, 0);
    expect(read).not.toHaveBeenCalled();
  });

  it('gives up a line that stays bad, and all who wait hear of it', async () => {
    const { start, clock, table } = await world(['abc', 'def'], () => Promise.reject(new SyncError('network', 'gone')));
    const downloads = start();
    const reads = Promise.allSettled([downloads.read(table.id, 0), downloads.read(table.id, 1)]);
    for (let turn = 0; turn < 6; turn++) {
      await settled();
      clock.advance(10_000);
    }
    expect((await reads).map((each) => each.status)).toEqual(['rejected', 'rejected']);
    expect(downloads.failure()).toMatchObject({ code: 'network' });
  });

  it('a chunk that is not kept any more ends it at once', async () => {
    const { start, asked, table } = await world(['abc'], () => Promise.reject(new SyncError('not-found', 'gone')));
    const downloads = start();
    await expect(downloads.read(table.id, 0)).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual([0]);
  });

  it('ends with its signal, and asks for nothing more', async () => {
    const { start, control, asked, table } = await world(['a', 'b', 'c', 'd', 'e'], () => new Promise(() => undefined));
    const downloads = start();
    const read = downloads.read(table.id, 4);
    await settled();
    control.abort();
    await expect(read).rejects.toMatchObject({ code: 'closed' });
    await downloads.end();
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  it('a file that vanished meanwhile is said to be so', async () => {
    const { start, files, table } = await world(['a']);
    const downloads = start();
    expect(text(await downloads.read(table.id, 0))).toBe('a'); // held in memory: it is read once
    await until(() => files.content.size > 0);
    expect(text(await downloads.read(table.id, 0))).toBe('a');
    files.content.clear();
    await expect(downloads.read(table.id, 0)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    await expect(downloads.read(table.id, 9)).rejects.toMatchObject({ code: 'assertion-failed' });
  });

  it('(I9) gives up a file that is never written', async () => {
    const { start, clock, files, table } = await world(['a']);
    const downloads = start({ files: { ...files, write: () => new Promise<void>(() => undefined) } });
    expect(text(await downloads.read(table.id, 0))).toBe('a');
    await settled();
    clock.advance(DOWNLOAD.writeWithin);
    await until(() => downloads.failure() !== null);
    expect(downloads.failure()).toMatchObject({ code: 'timeout' });
    await downloads.end();
  });

  it('a full disk is a failure of its own, although who waits for the chunk has it', async () => {
    const { files, table, control } = await world(['a']);
    const downloads = downloadChunks([table], {
      source: { chunk: () => Promise.resolve(bytesOf('a')) },
      resumed: false,
      files: { ...files, write: () => Promise.reject(new SyncError('storage-failed', 'the disk is full')) },
      digest: sha256,
      clock: manualClock(),
      random: seededRandom(1),
      logger: silentLogger,
      signal: control.signal,
      onChunk: () => undefined,
    });
    expect(text(await downloads.read(table.id, 0))).toBe('a');
    await until(() => downloads.failure() !== null);
    expect(downloads.failure()).toMatchObject({ code: 'storage-failed' });
  });
});
