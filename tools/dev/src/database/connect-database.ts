import { existsSync, readFileSync } from 'node:fs';
import { POSTGRES_LADDER, startPostgres } from '@millrace/embedded-postgres';
import { findFreePort, requirePort } from '@millrace/processes';
import type { ExitStatus } from '@millrace/processes';
import type { DemoUser } from '@millrace/migrations-server';
import { logFileOf } from '../data-dir.js';
import type { DataDir } from '../data-dir.js';
import type { Reporter } from '../reporter.js';
import type { StartSettings } from '../settings.js';
import type { Children } from '../supervisor/children.js';
import { writeFileAtomic } from '../write-file-atomic.js';
import { ensureDatabase } from './ensure-database.js';
import { checkDatabase } from './preflight.js';
import { redactUrl } from './redact-url.js';
import { requireSyncedTables } from './require-synced-tables.js';
import { nameTlsMode } from './tls-mode.js';

/** The Postgres of this run, with the tables that sync needs. */
export interface SourceDatabase {
  readonly url: string;
  /** Settles when the embedded Postgres dies; null for one of somebody else's. */
  readonly died: Promise<ExitStatus> | null;
  readonly demoUsers: readonly DemoUser[];
}

export interface ConnectDatabaseOptions {
  readonly settings: StartSettings;
  readonly dataDir: DataDir;
  readonly children: Children;
  readonly reporter: Reporter;
}

const DATABASE_NAME = 'millrace';

/** So much WAL is kept for a reader that has stopped; beyond it the slot is given up and clients hydrate again [E1]. */
const EMBEDDED_SETTINGS = { max_slot_wal_keep_size: '8GB', max_connections: '200' };

/** The embedded Postgres, with the demo in it. */
export async function startEmbeddedDatabase(options: ConnectDatabaseOptions, port: number): Promise<SourceDatabase> {
  const { dataDir, children, reporter } = options;
  const postgres = await reporter.step(
    'Postgres',
    () =>
      startPostgres({
        dataDir: dataDir.postgres,
        port,
        logFile: logFileOf(dataDir, 'postgres'),
        settings: EMBEDDED_SETTINGS,
        onSpawn: (child) => children.track('postgres', child, POSTGRES_LADDER),
      }),
    () => `Postgres 18 on port ${port}`,
  );
  writeFileAtomic(dataDir.postgresPortFile, String(port));
  const url = await ensureDatabase(postgres.url, DATABASE_NAME);
  await migrateEngineTables(url, reporter);
  return { url, died: postgres.exited, demoUsers: await makeDemo(url, reporter) };
}

/** The port of the embedded Postgres: as asked for, else that of the last run, so that saved connections stay good. */
export async function choosePostgresPort({
  settings,
  dataDir,
}: {
  settings: StartSettings;
  dataDir: DataDir;
}): Promise<number> {
  if (settings.postgresPort !== null) return requirePort(settings.postgresPort, 'MILLRACE_POSTGRES_PORT');
  const last = existsSync(dataDir.postgresPortFile) ? Number(readFileSync(dataDir.postgresPortFile, 'utf8')) : 0;
  return findFreePort(last > 0 ? [last] : []);
}

/**
 * Somebody's own Postgres. Nothing but the engine's schema is written to it, unless the demo was asked for.
 * @throws UserError naming what it lacks
 */
export async function useOwnDatabase(options: ConnectDatabaseOptions, url: string): Promise<SourceDatabase> {
  const { settings, reporter } = options;
  await reporter.step(
    'Postgres of DATABASE_URL',
    () => checkDatabase(url),
    ({ version }) => `Postgres ${Math.trunc(version / 10_000)} at ${redactUrl(url)}`,
  );
  await migrateEngineTables(url, reporter);
  const demoUsers = settings.demo ? await makeDemo(url, reporter) : [];
  await reporter.step('synced tables', () => requireSyncedTables(nameTlsMode(url)));
  return { url, died: null, demoUsers };
}

/** TypeORM and the entities behind the migrations take a while to load: not before they are needed. */
function migrations(): Promise<typeof import('@millrace/migrations-server')> {
  return import('@millrace/migrations-server');
}

async function migrateEngineTables(url: string, reporter: Reporter): Promise<void> {
  await reporter.step(
    'engine migrations',
    async () => (await migrations()).migrateEngine({ url: nameTlsMode(url) }),
    (applied) => `engine migrations: ${describeApplied(applied)}`,
  );
}

async function makeDemo(url: string, reporter: Reporter): Promise<readonly DemoUser[]> {
  await reporter.step(
    'demo migrations',
    async () => (await migrations()).migrateDomain({ url: nameTlsMode(url) }),
    (applied) => `demo migrations: ${describeApplied(applied)}`,
  );
  return reporter.step('demo tenant', async () => (await migrations()).seedDemo({ url: nameTlsMode(url) }));
}

function describeApplied(applied: readonly string[]): string {
  return applied.length === 0 ? 'up to date' : `${applied.length} applied`;
}
