import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkerd, wakeWorker } from '@millrace/dev';
import { acquireDatabase } from '@millrace/testing-postgres';
import { cachedBundle } from './bundle-cache.js';
import type { WorkerSource } from './bundle-cache.js';
import { migrateAll } from './migrate-all.js';
import { runWorker } from './worker-runner.js';
import type { WorkerRunner } from './worker-runner.js';

export interface StartStackOptions extends WorkerSource {
  /** The Postgres to make the database in. Default: the one of the test run. */
  readonly serverUrl?: string;
  /** How changes are read. Default: stream. */
  readonly reader?: 'stream' | 'poll';
  /** Further variables of the Worker; they win over the harness's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The built web apps. Default: none. */
  readonly siteDir?: string;
  /** Makes the tables. Default: those of the engine and of the demo's domain, empty. */
  readonly migrate?: (databaseUrl: string) => Promise<void>;
  /** Begin capture before the stack is handed over, so that every change of the test is in the history. Default: true. */
  readonly wake?: boolean;
  /** Where a profiler may attach to workerd. Default: nowhere. */
  readonly inspectorAddress?: string;
  /** workerd comes back by itself when it dies, as under `npm start`. Default: true. */
  readonly restart?: boolean;
}

/** Postgres and workerd, with a database and objects of their own. */
export interface Stack extends AsyncDisposable, Omit<WorkerRunner, 'stop'> {
  readonly databaseUrl: string;
  /** HS256: tokens signed with it are good. */
  readonly jwtSecret: string;
  readonly adminToken: string;
  /** Where its snapshots are kept, chunk by chunk. */
  readonly snapshotsDir: string;
  /** Begins capture; resolves when it runs. */
  wake(): Promise<void>;
  /** All that workerd has written. */
  log(): Promise<string>;
}

/**
 * Starts everything between a client and Postgres, for one test or a suite of them.
 * @throws Error with the words of whichever part does not start
 */
export async function startStack(options: StartStackOptions = {}): Promise<Stack> {
  await using resources = new AsyncDisposableStack();
  const database = resources.use(
    await acquireDatabase(options.serverUrl === undefined ? {} : { serverUrl: options.serverUrl }),
  );
  await (options.migrate ?? migrateAll)(database.url);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-stack-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));

  const jwtSecret = randomBytes(32).toString('base64url');
  const adminToken = randomBytes(32).toString('base64url');
  const bundleDir = await cachedBundle(options);
  const logFile = join(folder, 'workerd.log');
  const worker = await runWorker({
    launch: (port, onSpawn) =>
      startWorkerd({
        bundleDir,
        dataDir: folder,
        port,
        logFile,
        onSpawn,
        env: {
          DATABASE_URL: database.url,
          MILLRACE_JWT_SECRET: jwtSecret,
          MILLRACE_ADMIN_TOKEN: adminToken,
          MILLRACE_DEV: '1',
          CAPTURE_READER: options.reader ?? 'stream',
          ...options.env,
        },
        ...(options.config === undefined ? {} : { config: options.config }),
        ...(options.siteDir === undefined ? {} : { siteDir: options.siteDir }),
        ...(options.inspectorAddress === undefined ? {} : { inspectorAddress: options.inspectorAddress }),
      }),
    restart: options.restart ?? true,
    logFile,
  });
  resources.defer(worker.stop);
  const wake = (): Promise<void> => wakeWorker(worker.url, adminToken);
  if (options.wake ?? true) await wake();

  const owned = resources.move();
  return {
    ...worker,
    databaseUrl: database.url,
    jwtSecret,
    adminToken,
    snapshotsDir: join(folder, 'snapshots'),
    wake,
    log: () => readFile(logFile, 'utf8'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
