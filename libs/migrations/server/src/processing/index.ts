export { MigrationError, migrationFaults, type MigrationFault } from './migration-error.js';
export {
  fileStem,
  migrationSource,
  sqlMigrationSource,
  type MigrationClass,
  type MigrationNotes,
  type MigrationSource,
} from './migration-source.js';
export { openTrialDatabase, type TrialDatabase } from './domain-source.js';
export { processMigration, type ProcessOptions, type ProcessedMigration } from './process-migration.js';
export { processStatements, schemaMigrationOf, serverTables, type StatementsOptions } from './process-statements.js';
export type { RecordedParam, RecordedStatement } from './record-migration.js';
export { EMPTY_SCHEMA, processChain, type ChainOptions } from './process-chain.js';
