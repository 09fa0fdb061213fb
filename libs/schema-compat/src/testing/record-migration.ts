import type { SqlConnection } from '@millrace/kernel';
import type { Direction, SchemaMigration } from '../schema-migration.js';

/** What the runner does first in a migration's transaction [M1]. */
export async function recordMigration(
  tx: SqlConnection,
  migration: SchemaMigration,
  direction: Direction = 'up',
): Promise<void> {
  const { name, timestamp, version, previous, kind, checksum, clientUp, clientDown } = migration;
  await tx.query(
    `insert into sync.client_migration
       (migration_name, timestamp, up_queries, down_queries, schema_version, previous, direction, kind, checksum, migration)
     values ($1, $2, $3::text::jsonb, $4::text::jsonb, $5, $6, $7, $8, $9, $10::text::jsonb)`,
    [
      name,
      String(timestamp),
      JSON.stringify(clientUp),
      JSON.stringify(clientDown),
      version,
      previous,
      direction,
      kind,
      checksum,
      JSON.stringify(migration),
    ],
  );
}
