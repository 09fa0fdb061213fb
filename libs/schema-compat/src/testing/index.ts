export { recordMigration } from './record-migration.js';
export { columnOf, migrationOf, schemaWith, tableOf, type MigrationSketch, type TableSketch } from './sketches.js';
