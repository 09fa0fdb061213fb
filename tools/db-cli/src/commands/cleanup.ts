import { rmSync } from 'node:fs';
import { isExecuted, readStore, writeStore, type MigrationStore } from '@millrace/migrations-server';
import { UserError } from '@millrace/processes';
import { className, migrationFiles, writeIndex } from '../migration-files.js';
import type { Output } from '../output.js';
import { shown, type WorkspacePaths } from '../workspace-paths.js';

export interface CleanupOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  /** Class name, file name, or the words between. */
  readonly name: string;
  /** Of a database that must not have it; null: there is none at hand. */
  readonly url: string | null;
  readonly dryRun: boolean;
}

/** Removes a migration that nobody has: its file, its stored SQL, its version. */
export async function cleanup({ paths, output, name, url, dryRun }: CleanupOptions): Promise<void> {
  const file = findFile(paths, name);
  const migration = className(stemOf(file));
  const store = readStore(paths.store);
  refuseReleased(store, migration);
  refuseDependents(store, migration);
  const standing = url === null ? null : await isExecuted({ url, name: migration });
  if (standing === 'executed') {
    throw new UserError(`${migration} has run in this database`, {
      why: 'without its file it could not be taken back',
      wayOut: ['npm run migration:revert, then clean up'],
    });
  }
  output.data({ removed: migration, file: shown(paths, file), dryRun });
  if (dryRun) return output.say(`would remove ${shown(paths, file)} (--dry-run)`);
  rmSync(file);
  await writeIndex(paths);
  writeStore(without(store, { name: migration, retire: standing === 'reverted' }), paths.store);
  output.say(
    `removed ${shown(paths, file)}${url === null ? '; no database was at hand to ask whether it has run' : ''}`,
  );
  output.next('npm run migration:store-sql, for the version of the schema');
}

function findFile(paths: WorkspacePaths, name: string): string {
  const found = migrationFiles(paths).filter((file) => {
    const stem = stemOf(file);
    return [stem, `${stem}.ts`, className(stem), stem.slice(14), file, shown(paths, file)].includes(name);
  });
  const [file, ...more] = found;
  if (file !== undefined && more.length === 0) return file;
  throw new UserError(
    file === undefined ? `there is no migration ${name}` : `${found.length} migrations are named ${name}`,
    {
      why: `migrations are the files of ${shown(paths, paths.migrations)}`,
      wayOut: migrationFiles(paths).map((one) => `npm run migration:cleanup -- ${className(stemOf(one))}`),
    },
  );
}

function stemOf(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.ts$/, '');
}

function refuseReleased({ manifest }: MigrationStore, name: string): void {
  if (manifest.migrations.find((entry) => entry.name === name)?.released !== true) return;
  throw new UserError(`${name} is released`, {
    why: 'databases have it, and every later version continues it',
    wayOut: ['npm run migration:create -- <name>, to take back what it did'],
  });
}

function refuseDependents({ manifest }: MigrationStore, name: string): void {
  const dependents = manifest.migrations.filter(({ dependsOn }) => dependsOn.includes(name));
  if (dependents.length === 0) return;
  throw new UserError(`${dependents.map((entry) => entry.name).join(', ')} depends on ${name}`, {
    why: 'the schemas after it continue its own',
    wayOut: dependents.map((entry) => `npm run migration:cleanup -- ${entry.name}`),
  });
}

/** `retire`: some database has had its version, which must not come to mean something else there [M2]. */
function without(
  { manifest, migrations }: MigrationStore,
  { name, retire }: { name: string; retire: boolean },
): MigrationStore {
  const version = manifest.migrations.find((entry) => entry.name === name)?.version;
  return {
    manifest: {
      migrations: manifest.migrations.filter((entry) => entry.name !== name),
      retired: retire && version !== undefined ? [...new Set([...manifest.retired, version])] : manifest.retired,
    },
    migrations: new Map([...migrations].filter(([key]) => key !== name)),
  };
}
