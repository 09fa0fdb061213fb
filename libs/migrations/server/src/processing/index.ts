export { MigrationError, migrationFaults, type MigrationFault } from './migration-error.js';
export {
  fileStem,
  migrationSource,
  sqlMigrationSource,
  type MigrationClass,
  type MigrationNotes,
  type MigrationSource,
} from './migration-source.js';
export { openTrialDatabase, trialDatabaseOn, type TrialDatabase } from './domain-source.js';
export { processMigration, type ProcessOptions, type ProcessedMigration } from './process-migration.js';
export { processStatements, schemaMigrationOf, serverTables, type StatementsOptions } from './process-statements.js';
export type { RecordedParam, RecordedStatement } from './record-migration.js';
export { EMPTY_SCHEMA, processChain, type ChainOptions } from './process-chain.js';
export {
  catalogFingerprint,
  findCatalogColumn,
  findCatalogTable,
  readCatalog,
  type Catalog,
  type CatalogColumn,
  type CatalogTable,
} from './catalog.js';
export { inTrial } from './in-trial.js';
export { recordMigration } from './record-migration.js';
export { at, kindOf, listAt, splitStatements, textAt, type Ast, type Statement } from './statements.js';
export type { RunSql } from './sql-runner.js';
