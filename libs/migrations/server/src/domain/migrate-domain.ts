import { DOMAIN_LOCK, takeLock } from '../advisory-lock.js';
import type { MigrateOptions } from '../migrate-options.js';
import { readStore, type MigrationStore } from '../store/migration-store.js';
import { withClient } from '../with-client.js';
import { pendingMigrations, readApplied } from './applied-migrations.js';
import type { LockedStepOptions } from './locked-step.js';
import { takeStep } from './take-step.js';

export interface MigrateDomainOptions extends MigrateOptions, Pick<LockedStepOptions, 'lockTimeoutMs' | 'attempts'> {
  /** Default: what `migration:store-sql` has written. */
  readonly store?: MigrationStore;
  /** Of capture; default: `millrace`. */
  readonly publication?: string;
  /** Only say what would be run. */
  readonly dryRun?: boolean;
}

export const PUBLICATION = 'millrace';

/**
 * Brings the domain's tables to the newest version, a transaction each, from the SQL that was stored. Safe to run again, and by two processes at once: the second
 * waits for the first. In a database with the engine's tables each step is announced to capture [M1].
 * @returns the names of the migrations that it ran
 * @throws SyncError `database-unavailable`, `database-misconfigured`, `migration-failed` or `timeout`
 */
export async function migrateDomain(options: MigrateDomainOptions): Promise<readonly string[]> {
  const { url, log, store = readStore(), publication = PUBLICATION, dryRun = false } = options;
  return withClient(url, async (client) => {
    await takeLock(client, DOMAIN_LOCK);
    const applied = await readApplied(client, store, { dryRun });
    const pending = pendingMigrations(store, applied);
    for (const migration of pending) {
      if (!dryRun) {
        await takeStep(
          client,
          { migration, direction: 'up' },
          { ...options, log, publication, catalogue: applied.catalogue },
        );
      }
      log?.(`domain migration ${migration.name}`);
    }
    return pending.map(({ name }) => name);
  });
}
