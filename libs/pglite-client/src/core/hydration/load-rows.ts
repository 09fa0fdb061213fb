import { downloadChunks, type ChunkDownloads, type ProgressTracker } from '@millrace/hydration';
import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';
import type { ClientStore, TableLoad } from '../ports/client-store.js';
import type { HydrationPorts } from './hydration-ports.js';
import type { TailOutcome } from './read-tail.js';
import { chunkSource } from './snapshot-source.js';
import { sameHash } from './same-hash.js';

export interface Rows {
  readonly manifest: SnapshotManifest;
  readonly tail: Extract<TailOutcome, { kind: 'whole' }>;
  /** The replica has no rows yet. */
  readonly fresh: boolean;
  /** Some tables stay as they are: then those of the manifest were named because they do not. */
  readonly kept: boolean;
}

export interface LoadRowsOptions {
  readonly signal: AbortSignal;
  readonly progress: ProgressTracker;
}

/**
 * Hands rows, tail and cursor to the store, which reads the chunks as they come: download and load overlap. Throws what kept the chunks away, or what
 * the store has against them.
 */
export async function loadRows(
  { manifest, tail, fresh, kept }: Rows,
  ports: HydrationPorts,
  { signal, progress }: LoadRowsOptions,
): Promise<void> {
  const equal = fresh || kept ? new Set<string>() : await equalTables(ports.store, manifest);
  const tables = manifest.tables.filter(({ name }) => !equal.has(name));
  progress.planned(tables);
  const downloads = downloadChunks(tables, {
    ...ports,
    source: chunkSource(ports),
    signal,
    onChunk: progress.chunk,
  });
  try {
    await ports.store.hydrate({
      tables: tables.map((table) => tableLoad(table, downloads)),
      tail: tail.transactions,
      position: tail.position,
      scope: manifest.scope,
      onProgress: progress.loaded,
    });
  } catch (error) {
    throw downloads.failure() ?? error;
  } finally {
    await downloads.end();
  }
}

/** Tables whose base rows are what a download would bring: these are not downloaded, and the tail goes on from the manifest's position all the same. */
async function equalTables(store: ClientStore, manifest: SnapshotManifest): Promise<ReadonlySet<string>> {
  const states = await store.tableStates(manifest.tables.map(({ name }) => name));
  const hashes = new Map(states.map(({ name, hash }) => [name, hash]));
  const equal = manifest.tables.filter(({ name, hash }) => {
    const here = hashes.get(name);
    return here !== undefined && sameHash(here, hash);
  });
  return new Set(equal.map(({ name }) => name));
}

function tableLoad(table: SnapshotTable, downloads: ChunkDownloads): TableLoad {
  const { id, name, format, columns, rows, hash, chunks } = table;
  return {
    name,
    format,
    columns,
    rows,
    hash,
    chunks: chunks.map((chunk, n) => ({ rows: chunk.rows, read: () => downloads.read(id, n) })),
  };
}
