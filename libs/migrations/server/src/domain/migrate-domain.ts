import { entityOptions } from '@millrace/db/server';
import { DataSource } from 'typeorm';
import { withClient } from '../with-client.js';
import { DOMAIN_LOCK, takeLock } from '../advisory-lock.js';
import type { MigrateOptions } from '../migrate-options.js';
import { domainMigrations } from './index.js';

/**
 * Brings the domain's tables to the newest version. Safe to run again, and by two processes at once: the second waits for the first.
 * @returns the names of the migrations that it ran
 * @throws SyncError `database-unavailable` or `database-misconfigured`
 */
export async function migrateDomain({ url, log }: MigrateOptions): Promise<readonly string[]> {
  return withClient(url, async (client) => {
    await takeLock(client, DOMAIN_LOCK);
    return runMigrations(url, log);
  });
}

async function runMigrations(url: string, log: MigrateOptions['log']): Promise<readonly string[]> {
  const source = new DataSource({
    ...entityOptions,
    url,
    applicationName: 'millrace-migrate',
    migrations: domainMigrations,
    // Silent without DEBUG=typeorm:*: what fails is thrown, and reported by whoever asked for it.
    logger: 'debug',
    // Each in its own: one that adds a value to an enum must be committed before the next may use it.
    migrationsTransactionMode: 'each',
  });
  await source.initialize();
  try {
    const done = await source.runMigrations();
    for (const { name } of done) log?.(`domain migration ${name}`);
    return done.map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}
