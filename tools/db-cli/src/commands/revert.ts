import { readStore, revertDomain } from '@millrace/migrations-server';
import type { Output } from '../output.js';
import type { WorkspacePaths } from '../workspace-paths.js';

export interface RevertOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  readonly url: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** Takes the last migration of a database back. */
export async function revert({ paths, output, url, force, dryRun }: RevertOptions): Promise<void> {
  const name = await revertDomain({ url, force, dryRun, store: readStore(paths.store) });
  output.data({ reverted: name, dryRun });
  if (name === null) return output.say('there is nothing to revert');
  output.say(dryRun ? `${name} would be reverted (--dry-run)` : `${name} is reverted`);
  if (!dryRun) output.next(`npm run migration:cleanup -- ${name} removes its files, if it is not released`);
}
