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
  readonly files: HydrationFiles;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** A chunk is here. `kept`: an earlier attempt had brought it. */
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

/** A chunk's arrival. Its bytes only if somebody waited for them: what lies around is read from its file. */
interface Arrival {
  readonly here: Promise<Uint8Array<ArrayBuffer> | null>;
  readonly resolve: (bytes: Uint8Array<ArrayBuffer> | null) => void;
  readonly reject: (error: unknown) => void;
  awaited: boolean;
}

/** Begins to download these tables' chunks: those that lie in a file already are checked and taken, the others are fetched, checked and written. */
export function downloadChunks(tables: readonly SnapshotTable[], options: ChunkDownloadsOptions): ChunkDownloads {
  const { source, files, digest, clock, random, logger, onChunk } = options;
  const jobs = tables.flatMap((table) => table.chunks.map((chunk, n): Job => ({ table, n, chunk })));
  const arrivals = new Map(jobs.map((job) => [fileOf(job.table.id, job.n), arrival()]));
  const sizes = new Map(jobs.map((job) => [fileOf(job.table.id, job.n), job.chunk.rawBytes]));
  const ended = new AbortController();
  const forward = () => ended.abort();
  let failure: unknown = null;
  let next = 0;

  if (options.signal.aborted) forward();
  options.signal.addEventListener('abort', forward, { once: true });
  const lanes = Array.from({ length: DOWNLOAD.parallel }, lane);
  const all = Promise.all(lanes).finally(() => options.signal.removeEventListener('abort', forward));

  /** Takes one chunk after another; the next is not asked for before this one is written, so that memory holds no more than one per lane. */
  async function lane(): Promise<void> {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      try {
        if (ended.signal.aborted) throw unwanted();
        await bring(job);
      } catch (error) {
        return fail(error);
      }
    }
  }

  function fail(error: unknown): void {
    failure ??= ended.signal.aborted ? unwanted() : error;
    ended.abort();
    for (const each of arrivals.values()) each.reject(failure);
  }

  async function bring(job: Job): Promise<void> {
    const file = fileOf(job.table.id, job.n);
    const kept = await files.read(file);
    const isKept = kept !== null && (await isRight(kept, job.chunk));
    const bytes = isKept ? kept : await fetchChecked(job);
    if (!isKept) await files.write(file, bytes);
    onChunk(job.chunk, isKept);
    const waiting = arrivals.get(file);
    waiting?.resolve(waiting.awaited ? bytes : null);
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
        await pause(clock, backoffDelay(attempt, random, { baseMs: 1_000 }), ended.signal);
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
      const bytes = (await waiting.here) ?? (await files.read(file));
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
  return { here, resolve, reject, awaited: false };
}
