import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, relative, resolve } from 'node:path';
import { appInputHash, bundleWorker, defaultWorkerConfigFile } from '@millrace/dev';
import { findWorkspaceRoot } from '@millrace/processes';

export interface WorkerSource {
  /** Default: `main` of the configuration. */
  readonly entry?: string | undefined;
  /** Default: apps/worker/wrangler.jsonc. */
  readonly config?: string | undefined;
}

/**
 * The bundle of a Worker, made once for all specs that run it. Its folder is named after the hash of everything it was
 * made from, so specs in several processes can share it: who comes second finds it there, or throws its own away.
 */
export async function cachedBundle({ entry, config = defaultWorkerConfigFile() }: WorkerSource): Promise<string> {
  const root = findWorkspaceRoot();
  const folders = [
    'apps/worker',
    ...[entry, config].flatMap((file) => (file === undefined ? [] : [folderOf(root, file)])),
  ];
  const key = createHash('sha256')
    .update(appInputHash(root, [...new Set(folders)]))
    .update(`\0${entry}\0${config}`)
    .digest('hex')
    .slice(0, 32);
  const bundle = join(root, 'node_modules', '.cache', 'millrace', `worker-${key}`);
  if (existsSync(bundle)) return bundle;

  const fresh = `${bundle}.${process.pid}`;
  mkdirSync(dirname(bundle), { recursive: true });
  await bundleWorker({ ...(entry === undefined ? {} : { entry }), config, outDir: fresh });
  try {
    renameSync(fresh, bundle);
  } catch (error) {
    if (!existsSync(bundle)) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
  rmSync(`${fresh}.log`, { force: true });
  return bundle;
}

function folderOf(root: string, file: string): string {
  return relative(root, dirname(resolve(file)));
}
