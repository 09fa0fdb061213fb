import { backoffDelay, SyncError, type Clock, type Logger, type Random } from '@millrace/kernel';
import type { SnapshotChunk, SnapshotTable } from '@millrace/sync-protocol';
import { pause, unwanted } from './await-manifest.js';
import { ChunkCorrupt, ChunkGone } from './chunk-errors.js';
import type { Digest } from './digest.js';
import type { HydrationFiles } from './hydration-files.js';
import { DOWNLOAD } from './limits.js';
import type { SnapshotSource } from './snapshot-source.js';

export interface ChunkDownloadsOptions {
  readonly source: Pick<SnapshotSource, 'chunk'>;
  /** Where chunks are kept until the load is over; null: nowhere, all of them fit in memory. */
  readonly files: HydrationFiles | null;
  /** Whether an earlier attempt may have left some of these chunks there: else nobody looks. */
  readonly resumed: boolean;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** A chunk is here, and in its file if there are files. `kept`: an earlier attempt had brought it. */
  readonly onChunk: (chunk: SnapshotChunk, kept: boolean) => void;
}

/** Chunks on their way, in their order. */
export interface ChunkDownloads {
  /** The unpacked bytes of a chunk, as soon as they are here; rejects with what keeps them away. */
  read(id: string, n: number): Promise<Uint8Array<ArrayBuffer>>;
  /** What ended the download early: `ChunkGone`, `ChunkCorrupt`, or a failure of network or files. */
  failure(): unknown;
  /** Resolves when nothing is under way any more. */
  end(): Promise<void>;
}

interface Job {
  readonly table: SnapshotTable;
  readonly n: number;
  readonly chunk: SnapshotChunk;
}

/** A chunk that is here. */
interface Arrived {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isKept: boolean;
  readonly isHandedOver: boolean;
}

/** A chunk's arrival. Its bytes, or null if they have to be read from its file. */
interface Arrival {
  readonly here: Promise<Uint8Array<ArrayBuffer> | null>;
  readonly resolve: (bytes: Uint8Array<ArrayBuffer> | null) => void;
  readonly reject: (error: unknown) => void;
  awaited: boolean;
  /** Bytes that it keeps in memory until they are read. */
  held: number;
}

/** Begins to download these tables' chunks: those that lie in a file already are checked and taken, the others are fetched, checked and written. */
export function downloadChunks(tables: readonly SnapshotTable[], options: ChunkDownloadsOptions): ChunkDownloads {
  const { source, files, resumed, digest, clock, random, logger, onChunk } = options;
  const jobs = tables.flatMap((table) => table.chunks.map((chunk, n): Job => ({ table, n, chunk })));
  const arrivals = new Map(jobs.map((job) => [fileOf(job.table.id, job.n), arrival()]));
  const sizes = new Map(jobs.map((job) => [fileOf(job.table.id, job.n), job.chunk.rawBytes]));
  const ended = new AbortController();
  const forward = () => ended.abort();
  let failure: unknown = null;
  let next = 0;
  let heldBytes = 0;

  if (options.signal.aborted) forward();
  options.signal.addEventListener('abort', forward, { once: true });
  const lanes = Array.from({ length: DOWNLOAD.parallel }, lane);
  const all = Promise.all(lanes).finally(() => options.signal.removeEventListener('abort', forward));

  /** Takes one chunk after another. While one is written, the next is fetched, but not the one after that: so a lane has two in memory, beside what is held. */
  async function lane(): Promise<void> {
    let written: Promise<void> = Promise.resolve();
    try {
      for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
        if (ended.signal.aborted) throw unwanted();
        const arrived = await bring(job);
        await written;
        written = keep(job, arrived);
        written.catch(() => undefined); // heard before the next one is written, or at the end
      }
      await written;
    } catch (error) {
      await written.catch(() => undefined); // nothing is under way any more when a lane has ended
      fail(error);
    }
  }

  function fail(error: unknown): void {
    failure ??= ended.signal.aborted ? unwanted() : error;
    ended.abort();
    for (const each of arrivals.values()) each.reject(failure);
  }

  /** From an earlier attempt, or from the server; whoever waits for it need not wait for its file, which is for an attempt after this one. */
  async function bring(job: Job): Promise<Arrived> {
    const file = fileOf(job.table.id, job.n);
    const kept = files && resumed ? await files.read(file) : null;
    const isKept = kept !== null && (await isRight(kept, job.chunk));
    const bytes = isKept ? kept : await fetchChecked(job);
    return { bytes, isKept, isHandedOver: handOver(file, bytes) };
  }

  async function keep(job: Job, { bytes, isKept, isHandedOver }: Arrived): Promise<void> {
    const file = fileOf(job.table.id, job.n);
    if (files && !isKept) await inTime(files.write(file, bytes));
    onChunk(job.chunk, isKept); // what counts as brought, no later attempt has to bring again
    if (!isHandedOver) arrivals.get(file)?.resolve(null);
  }

  /** A browser under load has been seen never to answer: an attempt that fails goes on later, one that waits for ever does not (I9). */
  async function inTime(writing: Promise<void>): Promise<void> {
    const done = new AbortController();
    const late = clock.sleep(DOWNLOAD.writeWithin, done.signal).then(() => {
      throw new SyncError('timeout', `a chunk could not be written in ${DOWNLOAD.writeWithin / 1000} s`);
    });
    late.catch(() => undefined); // the sleep ends with the writing
    await Promise.race([writing, late]).finally(() => done.abort());
  }

  /** To who waits for it, or into memory while there is room; false: it is to be read from its file. */
  function handOver(file: string, bytes: Uint8Array<ArrayBuffer>): boolean {
    const waiting = arrivals.get(file);
    if (!waiting?.awaited) {
      if (files && heldBytes + bytes.length > DOWNLOAD.heldBytes) return false;
      if (waiting) waiting.held = bytes.length;
      heldBytes += bytes.length;
    }
    waiting?.resolve(bytes);
    return true;
  }

  /** A line may garble bytes once; what is wrong twice is wrong where it is kept. */
  async function fetchChecked(job: Job): Promise<Uint8Array<ArrayBuffer>> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const bytes = await fetchWhole(job);
      if (bytes !== null && (await isRight(bytes, job.chunk))) return bytes;
      logger.warn('a chunk is corrupt', { table: job.table.name, chunk: job.n, attempt });
    }
    throw new ChunkCorrupt(job.table.name, job.n);
  }

  /** Null: more bytes than there should be. */
  async function fetchWhole({ table, n, chunk }: Job): Promise<Uint8Array<ArrayBuffer> | null> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await source.chunk({ id: table.id, n }, { signal: ended.signal, maxBytes: chunk.rawBytes });
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        if (error.code === 'not-found') throw new ChunkGone(table.name, n);
        if (error.code === 'snapshot-corrupt') return null;
        if (error.retry !== 'backoff' || attempt + 1 >= DOWNLOAD.tries) throw error;
        await pause(clock, waitAfter(error, backoffDelay(attempt, random, { baseMs: 1_000 })), ended.signal);
      }
    }
  }

  async function isRight(bytes: Uint8Array<ArrayBuffer>, chunk: SnapshotChunk): Promise<boolean> {
    return bytes.length === chunk.rawBytes && (await digest(bytes)) === chunk.digest;
  }

  return {
    read: async (id, n) => {
      const file = fileOf(id, n);
      const waiting = arrivals.get(file);
      if (!waiting) throw new SyncError('assertion-failed', `chunk ${n} of ${id} is not part of this download`);
      waiting.awaited = true;
      const bytes = (await waiting.here) ?? (await files?.read(file));
      heldBytes -= waiting.held;
      // Once: it is the reader's now. Who reads again reads the file.
      arrivals.set(file, { ...waiting, here: Promise.resolve(null), held: 0 });
      if (bytes?.length !== sizes.get(file))
        throw new SyncError('snapshot-corrupt', `the file of chunk ${n} of ${id} is not whole`);
      return bytes as Uint8Array<ArrayBuffer>;
    },
    failure: () => failure,
    end: async () => {
      ended.abort();
      await all;
    },
  };
}

/** As long as the server wants, and no longer than a person would wait for: beyond that the attempt is better given up soon than late. */
function waitAfter({ retryAfterMs }: SyncError, backoffMs: number): number {
  return Math.max(backoffMs, Math.min(retryAfterMs ?? 0, DOWNLOAD.waitMost));
}

function fileOf(id: string, n: number): string {
  return `${id}-${n}`;
}

function arrival(): Arrival {
  let resolve: Arrival['resolve'] = () => undefined;
  let reject: Arrival['reject'] = () => undefined;
  const here = new Promise<Uint8Array<ArrayBuffer> | null>((onHere, onFailure) => {
    resolve = onHere;
    reject = onFailure;
  });
  here.catch(() => undefined); // a chunk that nobody waits for may fail unheard: `failure` tells
  return { here, resolve, reject, awaited: false, held: 0 };
}
