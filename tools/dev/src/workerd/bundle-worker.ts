import { join, resolve } from 'node:path';
import { findWorkspaceRoot } from '@millrace/processes';
import type { ChildHandle } from '@millrace/processes';
import { runBuild } from '../builds/run-build.js';

export interface BundleWorkerOptions {
  /** The Worker's first module. Default: `main` of the configuration. */
  readonly entry?: string;
  readonly outDir: string;
  /** Default: apps/worker/wrangler.jsonc. */
  readonly config?: string;
  /** Default: `<outDir>.log`. */
  readonly logFile?: string;
  readonly onSpawn?: ((child: ChildHandle) => void) | undefined;
}

/** Workspace libraries are bundled from their sources; the rest is wrangler's own default. */
const BUILD_CONDITIONS = '@millrace/source,workerd,worker,browser';

/** The wrangler.jsonc of the product's Worker. */
export function defaultWorkerConfigFile(): string {
  return join(findWorkspaceRoot(), 'apps', 'worker', 'wrangler.jsonc');
}

/**
 * Bundles a Worker exactly as `wrangler deploy` would, without uploading it.
 * @throws UserError with the words of wrangler
 */
export async function bundleWorker(options: BundleWorkerOptions): Promise<{ dir: string }> {
  const root = findWorkspaceRoot();
  const dir = resolve(options.outDir);
  const config = options.config ?? defaultWorkerConfigFile();
  await runBuild({
    title: 'bundling the Worker',
    command: [
      process.execPath,
      join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js'),
      'deploy',
      ...(options.entry === undefined ? [] : [resolve(options.entry)]),
      '--dry-run',
      '--outdir',
      dir,
      '--config',
      resolve(config),
    ],
    cwd: root,
    env: {
      WRANGLER_BUILD_CONDITIONS: BUILD_CONDITIONS,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CI: '1',
    },
    logFile: options.logFile ?? `${dir}.log`,
    onSpawn: options.onSpawn,
  });
  return { dir };
}
