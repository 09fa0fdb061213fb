import { buildOnce, buildTemplate, hashInputs } from '@millrace/dev';
import { findWorkspaceRoot, spawnChild } from '@millrace/processes';
import { join } from 'node:path';
import type { BenchContext } from '../core/bench.js';

/** Builds the page of the bench, unless it is built already; returns its folder, for the binding ASSETS. `traced`: with a tracer in the client's worker. */
export async function buildPageSite(context: BenchContext, { traced = false } = {}): Promise<string> {
  const root = findWorkspaceRoot();
  const here = join(root, 'tools', 'bench');
  const cache = join(root, 'node_modules', '.cache', 'millrace');
  const { dir } = await buildOnce({
    outDir: join(cache, traced ? 'bench-page-traced' : 'bench-page'),
    inputHash: hashInputs(root, [
      'libs',
      'package-lock.json',
      'tsconfig.base.json',
      'tools/bench/src/page',
      'tools/bench/src/core',
      'tools/bench/vite.config.ts',
    ]),
    build: async (freshDir) => {
      context.say('building the page');
      const logFile = join(cache, 'bench-page.log');
      await buildTemplate({ root, logFile });
      const child = spawnChild({
        command: [
          process.execPath,
          join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
          'build',
          '--mode',
          traced ? 'trace' : 'production',
          '--outDir',
          freshDir,
        ],
        cwd: here,
        env: { PATH: process.env['PATH'], NODE_ENV: 'production', NO_COLOR: '1' },
        logFile,
      });
      await context.own({ [Symbol.asyncDispose]: async () => child.killGroup() });
      const { code } = await child.exited;
      if (code !== 0) throw new Error(`the page could not be built: ${logFile}`);
    },
  });
  return dir;
}
