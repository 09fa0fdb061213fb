import { DOWNLOAD, downloadChunks, keepManifest, type ChunkDownloads, type ProgressTracker } from '@millrace/hydration';
import type { SnapshotWish } from '@millrace/hydration';
import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';
import type { ClientStore } from '../ports/client-store.js';
import type { HydrationPorts } from './hydration-ports.js';
import { sameHash } from './same-hash.js';
import { chunkSource } from './snapshot-source.js';

export interface DownloadOrder {
  readonly manifest: SnapshotManifest;
  readonly wish: SnapshotWish;
  /** Tables may hold what a download would bring: those that do are not downloaded. */
  readonly mayBeEqual: boolean;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly progress: ProgressTracker;
}

/** Rows on their way. */
export interface Download {
  /** Those of the manifest's that are being downloaded. */
  readonly tables: readonly SnapshotTable[];
  readonly chunks: ChunkDownloads;
}

/** Begins to download the manifest's rows. Where there is much, the manifest and each chunk are kept in files, so that a later attempt goes on with them (F40). */
export async function beginDownload(
  { manifest, wish, mayBeEqual }: DownloadOrder,
  ports: HydrationPorts,
  { signal, progress }: DownloadOptions,
): Promise<Download> {
  const equal = mayBeEqual ? await equalTables(ports.store, manifest) : new Set<string>();
  const tables = manifest.tables.filter(({ name }) => !equal.has(name));
  const isKept = bytesOf(tables) >= (ports.keepFrom ?? DOWNLOAD.keepFrom);
  const resumed = isKept && (await keepManifest(ports.files, { manifest, wish }, ports.clock));
  progress.planned(tables);
  const chunks = downloadChunks(tables, {
    ...ports,
    files: isKept ? ports.files : null,
    resumed,
    source: chunkSource(ports),
    signal,
    onChunk: progress.chunk,
  });
  return { tables, chunks };
}

function bytesOf(tables: readonly SnapshotTable[]): number {
  return tables.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
}

/** Tables whose base rows are what a download would bring: the tail goes on from the manifest's position all the same. */
async function equalTables(store: ClientStore, manifest: SnapshotManifest): Promise<ReadonlySet<string>> {
  const states = await store.tableStates(manifest.tables.map(({ name }) => name));
  const hashes = new Map(states.map(({ name, hash }) => [name, hash]));
  const equal = manifest.tables.filter(({ name, hash }) => {
    const here = hashes.get(name);
    return here !== undefined && sameHash(here, hash);
  });
  return new Set(equal.map(({ name }) => name));
}
