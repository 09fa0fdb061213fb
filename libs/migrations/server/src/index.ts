export { engineMigrations, type EngineMigration } from './engine/index.js';
export { migrateEngine, type MigrateEngineOptions } from './engine/migrate-engine.js';
export { domainMigrations } from './domain/index.js';
export { migrateDomain } from './domain/migrate-domain.js';
export { syncedTableFaults, type SyncedTablesOptions, type TableFault } from './synced-table-faults.js';
export { seedDemo, type DemoUser } from './seed/seed-demo.js';
export type { MigrateOptions } from './migrate-options.js';
export { STORE_FOLDER, readStore, writeStore, type MigrationStore } from './store/migration-store.js';
export type { ManifestEntry, SchemaManifest, StoredMigration } from './store/stored-migration.js';
