import type { ChunkDownloads, ProgressTracker } from '@millrace/hydration';
import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';
import type { ClientStore, TableLoad } from '../ports/client-store.js';
import type { Download } from './begin-download.js';
import type { TailOutcome } from './read-tail.js';

export interface Rows {
  readonly manifest: SnapshotManifest;
  readonly tail: Extract<TailOutcome, { kind: 'whole' }>;
  readonly download: Download;
}

/**
 * Hands rows, tail and cursor to the store, which reads the chunks as they come: download and load overlap. Throws what kept the chunks away, or what
 * the store has against them.
 */
export async function loadRows(
  { manifest, tail, download: { tables, chunks } }: Rows,
  store: ClientStore,
  progress: ProgressTracker,
): Promise<void> {
  try {
    await store.hydrate({
      tables: tables.map((table) => tableLoad(table, chunks)),
      tail: tail.transactions,
      position: tail.position,
      scope: manifest.scope,
      onProgress: progress.loaded,
    });
  } catch (error) {
    await chunks.end();
    throw chunks.failure() ?? error;
  }
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
