import type { ClientMigration } from '@millrace/migrations-client';
import { schemaMigrationSchema, type SchemaStep } from '@millrace/schema-compat';
import { decodeValue } from '@millrace/sync-protocol';
import { text } from './outbox-rows.js';
import type { TextSql } from './text-sql.js';

/** The client's own record of migrations, oldest first. */
export async function readMigrations(sql: TextSql): Promise<readonly ClientMigration[]> {
  const { rows } = await sql.query(
    'select direction, client_applied, applied_at, error, retry_count, migration from sync.client_migration order by timestamp, migration_name',
  );
  return rows.map((row) => ({
    migration: decodeValue(schemaMigrationSchema, JSON.parse(text(row, 'migration'))),
    direction: row['direction'] === 'down' ? 'down' : 'up',
    applied: row['client_applied'] === 't',
    appliedAt: row['applied_at'] ?? null,
    error: row['error'] ?? null,
    retryCount: Number(text(row, 'retry_count')),
  }));
}

/** The step was taken: noted in its transaction. */
export function noteTaken(sql: TextSql, step: SchemaStep): Promise<void> {
  return note(sql, step, {
    values: `$7 = 'up', now(), null, 0`,
    update: 'client_applied = excluded.client_applied, applied_at = excluded.applied_at, error = null, retry_count = 0',
  });
}

/** Taken back by the app alone, in its transaction: from now on it waits to be taken again. */
export function noteRolledBack(sql: TextSql, { migration }: SchemaStep): Promise<void> {
  return note(
    sql,
    { migration, direction: 'up' },
    {
      values: 'false, null, null, 0',
      update: 'client_applied = false, applied_at = null, error = null, retry_count = 0',
    },
  );
}

/** The step failed: noted after its transaction was rolled back. What it was before it still is. */
export function noteFailed(sql: TextSql, step: SchemaStep, error: string): Promise<void> {
  return note(sql, step, {
    values: `$7 = 'down', null, $8, 1`,
    update: 'error = excluded.error, retry_count = client_migration.retry_count + 1',
    more: [error],
  });
}

/** Tables of a later schema were made at once: nothing waits any more. */
export async function forgetWaiting(sql: TextSql): Promise<void> {
  await sql.query(`delete from sync.client_migration where client_applied = (direction = 'down')`);
}

interface Note {
  readonly values: string;
  readonly update: string;
  readonly more?: readonly string[];
}

async function note(
  sql: TextSql,
  { migration, direction }: SchemaStep,
  { values, update, more = [] }: Note,
): Promise<void> {
  const { name, timestamp, version, clientUp, clientDown } = migration;
  await sql.query(
    `insert into sync.client_migration (migration_name, timestamp, version, up_queries, down_queries, migration, direction, client_applied, applied_at, error, retry_count)
     values ($1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb, $7, ${values})
     on conflict (migration_name) do update set direction = excluded.direction, version = excluded.version, timestamp = excluded.timestamp,
       up_queries = excluded.up_queries, down_queries = excluded.down_queries, migration = excluded.migration, ${update}`,
    [
      name,
      String(timestamp),
      version,
      JSON.stringify(clientUp),
      JSON.stringify(clientDown),
      JSON.stringify(migration),
      direction,
      ...more,
    ],
  );
}
