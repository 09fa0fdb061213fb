export { LSN_ZERO, formatLsn, lsnFrom, maxLsn, parseLsn, type Lsn } from './lsn.js';
export { positionEquals, positionFromJson, positionToJson, type Position, type PositionJson } from './position.js';
export { chainLink, chainNext, chainStart, type ChainLink } from './chain.js';
export { historyRowId, historyRowIds, isUuid } from './ids.js';
export { ERROR_CATALOGUE, SyncError, errorText, isErrorCode, type ErrorCode, type Retry } from './errors.js';
export { assert, must, unreachable } from './assert.js';
export { backoffDelay, type BackoffOptions } from './backoff.js';
export { applyPatch, emptyRow, hasColumn, type PgText, type Row } from './row.js';
export { checkedBlobKey, type BlobBody, type BlobStore } from './ports/blob-store.js';
export { systemClock, type Clock } from './ports/clock.js';
export { portableHash, type CreateHash, type Digest } from './ports/digests.js';
export { systemRandom, type Random } from './ports/random.js';
export { jsonLogger, silentLogger, type LogFields, type LogLevel, type Logger } from './ports/logger.js';
export {
  SqlError,
  type CopySession,
  type SqlConnection,
  type SqlParam,
  type SqlResult,
  type SqlSession,
  type TransactionOptions,
} from './ports/sql-connection.js';
export {
  type OpenReplicationStream,
  type ReplicationMessage,
  type ReplicationStream,
  type ReplicationStreamOptions,
} from './ports/replication-stream.js';
export { CLOSE_CODE, type Socket } from './ports/socket.js';
