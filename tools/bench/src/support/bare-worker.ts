import { startWorkerd } from '@millrace/dev';
import { cachedBundle } from '@millrace/testing-harness';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../core/bench.js';
import { machineNow } from '../core/machine-clock.js';

/** workerd with Durable Objects that do nothing but be called. */
export interface BareWorker extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds that a request to it took. */
  time(path: string): Promise<number>;
}

export async function startBareWorker(context: BenchContext): Promise<BareWorker> {
  const here = (file: string): string => fileURLToPath(new URL(`../fixtures/${file}`, import.meta.url));
  const config = here('wrangler.jsonc');
  const workerd = await startWorkerd({
    bundleDir: await cachedBundle({ entry: here('bare-worker.js'), config }),
    dataDir: await mkdtemp(join(context.folder, 'bare-')),
    port: 0,
    env: {},
    config,
  });
  return context.own({
    url: workerd.url,
    pid: workerd.pid,
    time: async (path: string) => {
      const began = machineNow();
      const response = await fetch(`${workerd.url}${path}`);
      await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return machineNow() - began;
    },
    [Symbol.asyncDispose]: () => workerd.stop(),
  });
}
