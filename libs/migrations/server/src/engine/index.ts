import * as syncSchema from './001-sync-schema.js';
import * as snapshots from './002-snapshots.js';
import * as schemaCatalogue from './004-schema-catalogue.js';

/** A step of the engine's own tables: plain SQL, run once, in one transaction. */
export interface EngineMigration {
  readonly name: string;
  readonly sql: string;
}

/** The engine's migrations, oldest first. One that has been released is never edited: a change is a new one. */
export const engineMigrations: readonly EngineMigration[] = [syncSchema, snapshots, schemaCatalogue];
