export { seededRandom, type SeededRandom } from './ports/seeded-random.js';
export { manualClock, type ManualClock } from './ports/manual-clock.js';
export { recordingLogger, type LogRecord, type RecordingLogger } from './ports/recording-logger.js';
export { describeCopySession, describeSqlConnection } from './conformance/sql-connection.js';
export { copySessionCases, sqlConnectionCases, type ConformanceCase } from './conformance/sql-connection-cases.js';
