export { catalogQuery, describeDifferences, type CatalogQuery } from './catalog-difference.js';
export {
  type AppliedMigration,
  type ClientMigration,
  type MigrationAPI,
  type MigrationStatus,
  type PendingMigration,
  type PendingReason,
} from './client-migration.js';
export { conversionSql } from './conversion-sql.js';
export {
  translateQueued,
  type Convert,
  type QueuedChange,
  type Told,
  type Translated,
  type Untold,
} from './queued-change.js';
export { changeBetween, changedTables, changeOfStep, sameShape, type ReplicaChange } from './replica-change.js';
export { rollbackStep } from './rollback.js';
