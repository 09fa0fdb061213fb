import { UserError, describeFailure, requirePort } from '@millrace/processes';
import { banner } from './banner.js';
import { buildAll } from './builds/build-all.js';
import { logFileOf } from './data-dir.js';
import { choosePostgresPort, startEmbeddedDatabase, useOwnDatabase } from './database/connect-database.js';
import type { SourceDatabase } from './database/connect-database.js';
import { checkUrl } from './database/preflight.js';
import { redactUrl } from './database/redact-url.js';
import { createReporter } from './reporter.js';
import type { Run } from './run.js';
import { readSettings } from './settings.js';
import { runUntilStopped } from './supervisor/run-until-stopped.js';
import { checkWorkerSettings } from './workerd/check-worker-settings.js';
import { keepRunsWorkerd, startRunsWorkerd } from './workerd/supervised-workerd.js';
import { wakeWorker } from './workerd/wake-worker.js';
import { workerEnvironment } from './workerd/worker-environment.js';

/** `npm start`: everything, from nothing to a page that can be opened; then it keeps it so. */
async function start(run: Run): Promise<void> {
  const { settings, dataDir, reporter, secrets } = run;
  if (settings.databaseUrl !== null) checkUrl(settings.databaseUrl);
  // The embedded database has no address yet; every other setting is known.
  await checkWorkerSettings(workerEnvironment(settings, secrets, settings.databaseUrl ?? 'postgres://embedded'));
  await requirePort(settings.port, 'PORT');
  const database = await connectDatabase(run);
  run.recordDatabase(database.url);
  await buildAll(run);
  const workerd = await reporter.step(
    'sync server',
    () => startRunsWorkerd(run, { databaseUrl: database.url }),
    ({ pid }) => `sync server (workerd, pid ${pid})`,
  );
  await reporter.step('capture of changes', () =>
    wakeWorker(workerd.url, secrets.adminToken, logFileOf(dataDir, 'workerd')),
  );
  reporter.line(
    banner({
      url: run.url,
      adminToken: secrets.adminToken,
      // The password of somebody's own database is not ours to show.
      databaseUrl: settings.databaseUrl === null ? database.url : redactUrl(database.url),
      workerdPid: workerd.pid,
      workerdPidFile: dataDir.workerdPidFile,
      logs: dataDir.logs,
      demoUsers: database.demoUsers,
    }),
  );
  await Promise.race([keepRunsWorkerd(run, { databaseUrl: database.url }, workerd), failWhenDead(run, database)]);
}

async function connectDatabase(run: Run): Promise<SourceDatabase> {
  const { databaseUrl } = run.settings;
  return databaseUrl === null
    ? startEmbeddedDatabase(run, await choosePostgresPort(run))
    : useOwnDatabase(run, databaseUrl);
}

/** A database that died is recovered by a start from the beginning; workerd without one would only report errors. */
async function failWhenDead(run: Run, { died }: SourceDatabase): Promise<void> {
  const status = await (died ?? new Promise<never>(() => undefined));
  if (run.shutdown.signal.aborted) return;
  throw new UserError('Postgres has died', {
    why: status.signal ?? `exit code ${status.code}`,
    wayOut: [`its log tells more: ${logFileOf(run.dataDir, 'postgres')}`, 'npm start recovers it'],
  });
}

async function main(): Promise<number> {
  const reporter = createReporter(
    (text) => process.stdout.write(text),
    () => performance.now(),
  );
  return runUntilStopped(readSettings(process.argv.slice(2), process.env), reporter, start);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
// Handles of a step that was cut short must not keep the process alive once all its children are gone.
process.exit();
