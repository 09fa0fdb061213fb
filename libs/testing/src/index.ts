export { seededRandom, type SeededRandom } from './ports/seeded-random.js';
export { manualClock, type ManualClock } from './ports/manual-clock.js';
export { recordingLogger, type LogRecord, type RecordingLogger } from './ports/recording-logger.js';
export { describeCopySession, describeSqlConnection } from './conformance/sql-connection.js';
export { copySessionCases, sqlConnectionCases, type ConformanceCase } from './conformance/sql-connection-cases.js';
export { memoryBlobStore, type MemoryBlobStore } from './ports/memory-blob-store.js';
export { describeBlobStore } from './conformance/blob-store.js';
export { blobStoreCases } from './conformance/blob-store-cases.js';
