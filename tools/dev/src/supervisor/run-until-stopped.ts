import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { describeFailure } from '@millrace/processes';
import { dataDirAt } from '../data-dir.js';
import type { Reporter } from '../reporter.js';
import { createRun } from '../run.js';
import type { Run } from '../run.js';
import { loadSecrets } from '../secrets.js';
import type { StartSettings } from '../settings.js';
import { ownDataDir } from './own-data-dir.js';
import { listenForStopRequests } from './stop-requests.js';

/**
 * Runs `work` as the only supervisor of a data directory until somebody asks it to stop, or it fails. Then all
 * children are ended in order.
 * @returns the exit code: 0 after a request to stop, 1 after a failure
 * @throws UserError if the data directory can't be had
 */
export async function runUntilStopped(
  settings: StartSettings,
  reporter: Reporter,
  work: (run: Run) => Promise<void>,
): Promise<number> {
  const dataDir = dataDirAt(settings.dataDir);
  const lock = await ownDataDir(dataDir, reporter.line);
  try {
    const secrets = loadSecrets(dataDir.secretsFile, settings.worker, () => randomBytes(32).toString('base64url'));
    const run = createRun({ settings, dataDir, secrets, reporter });
    endOnlyByShutdown(run);
    work(run).catch((error: unknown) => fail(run, error));
    return await run.shutdown.done;
  } finally {
    for (const file of [dataDir.workerdPidFile, dataDir.runFile]) rmSync(file, { force: true });
    lock.release();
  }
}

/** Any other end would leave children behind. */
function endOnlyByShutdown(run: Run): void {
  listenForStopRequests({
    stop: (why) => {
      run.reporter.line(`stopping (${why})`);
      run.reporter.stopping();
      run.shutdown.begin(0);
    },
    force: () => run.children.killAll(),
    now: () => performance.now(),
    underNpm: process.env['npm_lifecycle_event'] !== undefined,
  });
  process.on('uncaughtException', (error) => fail(run, error));
  process.on('unhandledRejection', (error) => fail(run, error));
  // A terminal that has gone takes no more text; that is no reason to die before the children.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function fail(run: Run, error: unknown): void {
  // A step that the stop itself cut short has nothing to tell.
  if (!run.shutdown.signal.aborted) process.stderr.write(`${describeFailure(error)}\n`);
  run.shutdown.begin(1);
}
