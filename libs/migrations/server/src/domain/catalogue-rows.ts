import { schemaAfter, type Direction, type SchemaMigration } from '@millrace/schema-compat';
import type { ClientBase } from 'pg';
import type { StoredMigration } from '../store/stored-migration.js';

/** One step of the catalogue, as far as the runner asks for it. */
export interface CatalogueRow {
  readonly name: string;
  readonly direction: Direction;
  /** In force after it. */
  readonly version: string;
  /** Of the migration, whichever way it was taken. */
  readonly migrationVersion: string;
  readonly checksum: string;
}

/** Whether the database has the engine's tables: without them nothing is synced, and there is nobody to tell. */
export async function hasCatalogue(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    `select exists (select from pg_attribute where attrelid = to_regclass('sync.client_migration') and attname = 'migration') as there`,
  );
  return rows[0]?.there === true;
}

/** Every step, oldest first. */
export async function readCatalogueRows(client: ClientBase): Promise<readonly CatalogueRow[]> {
  const { rows } = await client.query<CatalogueRow>(`
    select migration_name as name, direction, schema_version as version, migration ->> 'version' as "migrationVersion", checksum
    from sync.client_migration order by ordinal`);
  return rows;
}

/** Captured, it is the exact point of the stream at which the schema changes: it comes before what it announces [M1]. */
export async function addCatalogueRow(
  client: ClientBase,
  stored: StoredMigration,
  direction: Direction,
): Promise<void> {
  const { serverUp: _up, serverDown: _down, ...migration } = stored;
  await client.query(
    `insert into sync.client_migration
      (migration_name, timestamp, up_queries, down_queries, schema_version, depends_on, direction, checksum, previous, kind, migration)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      migration.name,
      migration.timestamp,
      JSON.stringify(migration.clientUp),
      JSON.stringify(migration.clientDown),
      versionAfter(migration, direction),
      migration.dependsOn.join(', ') || null,
      direction,
      migration.checksum,
      migration.previous,
      migration.kind,
      JSON.stringify(migration),
    ],
  );
}

function versionAfter(migration: SchemaMigration, direction: Direction): string {
  return schemaAfter({ migration, direction }).version;
}
