import { CHILD_LADDER } from '@millrace/processes';
import type { ChildHandle } from '@millrace/processes';
import { logFileOf } from '../data-dir.js';
import type { Run } from '../run.js';
import { bundleWorker } from '../workerd/bundle-worker.js';
import { buildOnce } from './build-once.js';
import type { BuildOutcome } from './build-once.js';
import { appInputHash, buildSite } from './build-site.js';

/** Bundles the Worker and builds both web apps, as far as their inputs have changed. */
export async function buildAll({ root, dataDir, children, reporter }: Run): Promise<void> {
  const logFile = logFileOf(dataDir, 'build');
  const onSpawn = (child: ChildHandle): void => children.track('build', child, CHILD_LADDER);
  await reporter.step(
    'Worker bundle',
    () =>
      buildOnce({
        outDir: dataDir.workerBundle,
        inputHash: appInputHash(root, ['apps/worker']),
        build: async (outDir) => void (await bundleWorker({ outDir, logFile, onSpawn })),
      }),
    (outcome) => `Worker bundle ${describe(outcome)}`,
  );
  await reporter.step(
    'demo and dashboard',
    () => buildSite({ root, outDir: dataDir.site, logFile, onSpawn }),
    (outcome) => `demo and dashboard ${describe(outcome)}`,
  );
}

function describe({ built }: BuildOutcome): string {
  return built ? 'built' : 'unchanged';
}
