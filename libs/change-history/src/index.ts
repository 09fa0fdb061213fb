export {
  type CapturedChange,
  type CapturedTransaction,
  type CaptureSource,
  type FillCause,
  type Operation,
} from './transaction.js';
export {
  type HistoryEntry,
  type HistoryPage,
  type HistoryTransaction,
  type MutationMark,
  type UnloadedEntries,
  type Verdict,
  type VerdictReason,
} from './history-transaction.js';
export {
  ENGINE_TABLES,
  MIGRATION_TABLE,
  MUTATION_TABLE,
  findEngineTable,
  mutationMarkOf,
  type EngineTable,
} from './engine-tables.js';
export {
  CatalogueCache,
  VERSION_AT_SQL,
  catalogueAtHead,
  readCatalogue,
  schemaStepOf,
  schemaVersionAt,
  type RecordedCatalogue,
  type RecordedStep,
} from './schema-catalogue.js';
export { toHistory, type HistoryBlock, type ToHistoryContext } from './to-history.js';
export { type HistoryRow } from './history-row.js';
export { appendLarge, type AppendLargeOptions } from './append-large.js';
export { type TransactionHead } from './placement.js';
export { appendTransactions, type AppendOptions, type Appended, type HistoryHead } from './append.js';
export { proveCursor, type CursorProof } from './cursor-proof.js';
export { readPage, type PageRequest, type PageResult } from './page.js';
export { isTooLarge, tablesToFill, type TableSize } from './too-large.js';
export { readRange } from './range.js';
export { readVerdicts, type VerdictRequest } from './verdicts.js';
export { rowHistory, type RowHistoryRequest, type RowVersion } from './row-history.js';
export { createTail, partFor, type Tail, type TailOptions, type TailRequest } from './tail.js';
export {
  beginEpoch,
  readEpochs,
  readPosition,
  readReplicationState,
  type EpochRecord,
  type NewEpoch,
  type ReplicationState,
} from './replication-state.js';
export { setColumn } from './set-column.js';
