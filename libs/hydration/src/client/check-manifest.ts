import { SyncError } from '@millrace/kernel';
import type { SnapshotManifest, SnapshotTable } from '@millrace/sync-protocol';
import { DOWNLOAD } from './limits.js';
import type { SnapshotWish } from './snapshot-source.js';

/** A manifest that adds up and answers the wish; anything else throws `snapshot-corrupt` before a byte is downloaded by it. */
export function checkManifest(manifest: SnapshotManifest, wish: SnapshotWish): SnapshotManifest {
  const names = new Set(manifest.tables.map(({ name }) => name));
  if (names.size !== manifest.tables.length) throw corrupt('names a table twice');
  const missing = wish.tables?.find((name) => !names.has(name));
  if (missing !== undefined) throw corrupt(`lacks the table ${missing}`);
  for (const table of manifest.tables) checkTable(table, manifest);
  return manifest;
}

function checkTable(table: SnapshotTable, manifest: SnapshotManifest): void {
  const { name, chunks, position } = table;
  if (position.epoch !== manifest.upTo.epoch) throw corrupt(`puts ${name} into another epoch`);
  if (sum(chunks.map(({ rows }) => rows)) !== table.rows) throw corrupt(`miscounts the rows of ${name}`);
  if (table.hash.count !== String(table.rows)) throw corrupt(`hashes other rows of ${name} than it lists`);
  if (sum(chunks.map(({ rawBytes }) => rawBytes)) !== table.rawBytes) throw corrupt(`miscounts the bytes of ${name}`);
  if (chunks.some(({ rawBytes }) => rawBytes > DOWNLOAD.chunkBytes))
    throw corrupt(`has a chunk of ${name} above ${DOWNLOAD.chunkBytes} bytes`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function corrupt(what: string): SyncError {
  return new SyncError('snapshot-corrupt', `the manifest ${what}`);
}
