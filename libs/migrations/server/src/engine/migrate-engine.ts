import { createHash } from 'node:crypto';
import { SyncError } from '@millrace/kernel';
import type { ClientBase } from 'pg';
import type { MigrateOptions } from '../migrate-options.js';
import { inTransaction, withClient } from '../with-client.js';
import { ENGINE_LOCK, takeLock } from '../advisory-lock.js';
import { engineMigrations, type EngineMigration } from './index.js';

export interface MigrateEngineOptions extends MigrateOptions {
  /** Default: all of {@link engineMigrations}. */
  readonly migrations?: readonly EngineMigration[];
}

/**
 * Brings the engine's tables (schema `sync`) to the newest version. Safe to run again, and by two processes at once: the second waits for the first.
 * @returns the names of the migrations that it ran
 * @throws SyncError `database-unavailable`, or `database-misconfigured` if a right is missing or an applied migration is not the one known here
 */
export async function migrateEngine({
  url,
  log,
  migrations = engineMigrations,
}: MigrateEngineOptions): Promise<readonly string[]> {
  return withClient(url, async (client) => {
    await takeLock(client, ENGINE_LOCK);
    return runMigrations(client, migrations, log);
  });
}

async function runMigrations(
  client: ClientBase,
  migrations: readonly EngineMigration[],
  log: MigrateOptions['log'],
): Promise<readonly string[]> {
  await client.query(CATALOGUE);
  const applied = await readApplied(client);
  refuseDivergence(applied, migrations);
  const pending = migrations.filter(({ name }) => !applied.has(name));
  for (const migration of pending) {
    await apply(client, migration);
    log?.(`engine migration ${migration.name}`);
  }
  return pending.map(({ name }) => name);
}

const CATALOGUE = `
create schema if not exists sync;
create table if not exists sync.engine_migration (
  name text primary key,
  checksum text not null,
  applied_at timestamptz not null default now()
);`;

/** Migration name → checksum. */
async function readApplied(client: ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from sync.engine_migration',
  );
  return new Map(rows.map(({ name, checksum }) => [name, checksum]));
}

/** Going on over tables of another shape would fail later, in the middle of replication, and with a worse message. */
function refuseDivergence(applied: ReadonlyMap<string, string>, migrations: readonly EngineMigration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, checksumOf(migration)]));
  for (const [name, checksum] of applied) {
    if (known.get(name) === checksum) continue;
    const what = known.has(name) ? 'was applied in another wording' : 'was applied by a newer version of Millrace';
    throw new SyncError(
      'database-misconfigured',
      `engine migration ${name} ${what}: run the version that applied it, or start from an empty database (locally: remove the data directory)`,
    );
  }
}

function apply(client: ClientBase, migration: EngineMigration): Promise<void> {
  return inTransaction(client, async () => {
    await client.query(migration.sql);
    await client.query('insert into sync.engine_migration (name, checksum) values ($1, $2)', [
      migration.name,
      checksumOf(migration),
    ]);
  });
}

function checksumOf(migration: EngineMigration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}
