import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildHandle, UserError } from '@millrace/processes';
import { logFileOf } from '../data-dir.js';
import type { Run } from '../run.js';
import { keepRunning } from '../supervisor/keep-running.js';
import { writeFileAtomic } from '../write-file-atomic.js';
import { WORKERD_LADDER, startWorkerd } from './start-workerd.js';
import type { RunningWorkerd } from './start-workerd.js';
import { wakeWorker } from './wake-worker.js';
import { workerEnvironment } from './worker-environment.js';

/** What a run's workerd is to run. */
export interface WorkerPlan {
  readonly databaseUrl: string;
  /** Default: apps/worker/wrangler.jsonc. */
  readonly config?: string;
}

/** Starts workerd as a child of the run; its pid is on file before it listens. */
export function startRunsWorkerd(
  run: Run,
  plan: WorkerPlan,
  onSpawn?: (child: ChildHandle) => void,
): Promise<RunningWorkerd> {
  const { dataDir, settings, secrets, children } = run;
  return startWorkerd({
    bundleDir: dataDir.workerBundle,
    dataDir: dataDir.workerd,
    siteDir: dataDir.site,
    port: settings.port,
    env: workerEnvironment(settings, secrets, plan.databaseUrl),
    ...(plan.config === undefined ? {} : { config: plan.config }),
    logFile: logFileOf(dataDir, 'workerd'),
    onSpawn: (child) => {
      children.track('workerd', child, WORKERD_LADDER);
      writeFileAtomic(dataDir.workerdPidFile, `${child.ref.pid}\n`);
      onSpawn?.(child);
    },
  });
}

/**
 * Starts workerd again whenever it dies, until the run stops.
 * @throws UserError when it keeps dying by itself
 */
export function keepRunsWorkerd(run: Run, plan: WorkerPlan, first: RunningWorkerd): Promise<void> {
  const { reporter, secrets } = run;
  return keepRunning(first, {
    name: 'the sync server',
    start: (onSpawn) => startRunsWorkerd(run, plan, onSpawn),
    stopping: run.shutdown.signal,
    onDeath: (words, delayMs) => reporter.line(`! sync server died (${words}); starting it again in ${delayMs} ms`),
    onUp: ({ url, pid }) => {
      reporter.line(`✓ sync server again (workerd, pid ${pid})`);
      // Its alarm would begin capture by itself a little later; this only makes it sooner, so a refusal changes nothing.
      wakeWorker(url, secrets.adminToken).catch((error: UserError) =>
        reporter.line(`! ${error.message}: ${error.why}`),
      );
    },
    logFile: logFileOf(run.dataDir, 'workerd'),
    now: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
  });
}
