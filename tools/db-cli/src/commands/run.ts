import { migrateDomain, readStore } from '@millrace/migrations-server';
import { UserError } from '@millrace/processes';
import { migrationFiles, className } from '../migration-files.js';
import type { Output } from '../output.js';
import { shown, type WorkspacePaths } from '../workspace-paths.js';

export interface RunOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  readonly url: string;
  readonly dryRun: boolean;
}

/** Runs what a database has not had yet. */
export async function run({ paths, output, url, dryRun }: RunOptions): Promise<void> {
  requireStored(paths);
  const names = await migrateDomain({ url, dryRun, store: readStore(paths.store), log: (line) => output.say(line) });
  output.data({ migrations: names, dryRun });
  if (names.length === 0) return output.say('up to date: there is nothing to run');
  output.say(dryRun ? `${names.length} would be run (--dry-run)` : `${names.length} run`);
}

/** A migration without its SQL would be passed over in silence. */
function requireStored(paths: WorkspacePaths): void {
  const { migrations } = readStore(paths.store);
  const missing = migrationFiles(paths).find((file) => !migrations.has(classNameOf(file)));
  if (missing === undefined) return;
  throw new UserError(`${shown(paths, missing)} is not stored yet`, {
    why: 'databases are migrated by the SQL that was worked out and checked beforehand',
    wayOut: [`npm run migration:store-sql -- ${shown(paths, missing)}`],
  });
}

function classNameOf(file: string): string {
  return className(file.replace(/^.*\//, '').replace(/\.ts$/, ''));
}
