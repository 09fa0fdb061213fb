export { CHUNK_LIMITS, type ChunkLimits } from './format/chunk-cutter.js';
export { buildTable, type BuildTableOptions, type ChunkCodec, type TableRows } from './server/build-table.js';
export { Checksums, type ChecksumsOptions, type ChecksumStore, type TakenChecksums } from './server/checksums.js';
export { SnapshotCache, type CacheOrder, type SnapshotCacheOptions } from './server/snapshot-cache.js';
export { translatedView, viewOf, type SnapshotView, type ToldTable } from './server/snapshot-view.js';
export { type SnapshotBudget } from './server/build-registry.js';
export { tablesWanted } from './server/tables-wanted.js';
export { READ_BOUNDS, type ReadBounds } from './server/reading-watch.js';
export { type Staleness } from './server/freshness.js';
export { type BuildStore, type TableBuild, type TableWant } from './server/table-build.js';
export { layoutOf } from './format/layout.js';
export { chunkKey, chunkKeys } from './server/chunk-uploads.js';
export { hashTable, TABLE_HASH_ALGORITHM, tableHashSql, type TableHash } from './table-hash.js';
export { sha256, type Digest } from './client/digest.js';
export { type HydrationFiles } from './client/hydration-files.js';
export { memoryHydrationFiles } from './client/memory-files.js';
export { type SnapshotSource, type SnapshotWish } from './client/snapshot-source.js';
export { awaitManifest, type AwaitManifestOptions } from './client/await-manifest.js';
export { keepManifest, keptManifest } from './client/kept-manifest.js';
export { DOWNLOAD } from './client/limits.js';
export { mergeManifests } from './client/merge-manifests.js';
export { ChunkCorrupt, ChunkGone } from './client/chunk-errors.js';
export { downloadChunks, type ChunkDownloads, type ChunkDownloadsOptions } from './client/chunk-downloads.js';
export {
  progressTracker,
  type HydrationPhase,
  type HydrationProgress,
  type ProgressTracker,
} from './client/progress.js';
export { saveInstance } from './instance-state-table.js';
export {
  createdInstance,
  instanceStep,
  triggerOf,
  type InstanceEvent,
  type InstancePhase,
  type InstanceState,
  type InstanceStep,
  type ResyncTrigger,
} from './instance-state.js';
