import { join } from 'node:path';
import type { ChildHandle } from '@millrace/processes';
import { buildOnce } from './build-once.js';
import type { BuildOutcome } from './build-once.js';
import { buildTemplate } from './build-template.js';
import { hashInputs } from './input-hash.js';
import { runBuild } from './run-build.js';

export interface BuildAppsOptions {
  readonly root: string;
  readonly outDir: string;
  readonly logFile: string;
  readonly onSpawn?: ((child: ChildHandle) => void) | undefined;
}

/** What every build depends on beside the app itself. */
const SHARED_INPUTS = ['libs', 'package-lock.json', 'tsconfig.base.json'];

/** The inputs of an app, as one hash. */
export function appInputHash(root: string, apps: readonly string[]): string {
  return hashInputs(root, [...SHARED_INPUTS, ...apps]);
}

/** Builds the demo to `/` and the dashboard to `/admin/` of one site. */
export function buildSite(options: BuildAppsOptions): Promise<BuildOutcome> {
  return buildOnce({
    outDir: options.outDir,
    inputHash: appInputHash(options.root, ['apps/demo', 'apps/admin']),
    build: async (freshDir) => {
      await buildTemplate(options);
      // The outer one first: each build empties its own folder.
      await viteBuild(options, { app: 'demo', base: '/', outDir: freshDir });
      await viteBuild(options, { app: 'admin', base: '/admin/', outDir: join(freshDir, 'admin') });
    },
  });
}

async function viteBuild(
  options: BuildAppsOptions,
  site: { app: string; base: string; outDir: string },
): Promise<void> {
  await runBuild({
    title: `building ${site.app}`,
    command: [
      process.execPath,
      join(options.root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--base',
      site.base,
      '--outDir',
      site.outDir,
      '--emptyOutDir',
    ],
    cwd: join(options.root, 'apps', site.app),
    env: { NODE_ENV: 'production', NO_COLOR: '1' },
    logFile: options.logFile,
    onSpawn: options.onSpawn,
  });
}
