import { migrateDomain, migrateEngine } from '@millrace/migrations-server';

/** The tables of the engine and of the demo's domain, without rows. */
export async function migrateAll(url: string): Promise<void> {
  await migrateEngine({ url });
  await migrateDomain({ url });
}
