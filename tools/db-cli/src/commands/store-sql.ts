import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readStore, writeStore, type MigrationStore } from '@millrace/migrations-server';
import type { MigrationSource } from '@millrace/migrations-server/processing';
import { UserError } from '@millrace/processes';
import { describeMigration } from '../describe-migration.js';
import { readMigrations } from '../migration-files.js';
import type { Output } from '../output.js';
import { workOut } from '../work-out.js';
import { shown, type WorkspacePaths } from '../workspace-paths.js';

export interface StoreSqlOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  /** A migration's file; null: all of them. Relative to the folder in which the command was typed. */
  readonly file: string | null;
  readonly dryRun: boolean;
  /** From now on they may not change. */
  readonly release: boolean;
  /** Give up the version that the named migration has: some database has it in another meaning. */
  readonly skipVersion: boolean;
}

/** Works out what migrations are to servers and clients, and writes it beside them. */
export async function storeSql(options: StoreSqlOptions): Promise<void> {
  const { paths, output, dryRun } = options;
  const sources = await readMigrations(paths);
  const target = options.file === null ? null : findSource(sources, options.file, paths);
  const before = readStore(paths.store);
  const stored = options.skipVersion ? withoutVersion(before, target) : before;
  const computed = await workOut(sources, { stored, from: target?.name ?? null });
  const after = options.release ? released(computed) : computed;
  for (const entry of after.manifest.migrations) {
    const migration = after.migrations.get(entry.name);
    if (migration && (target === null || entry.timestamp >= target.timestamp))
      output.say(describeMigration(migration, entry));
  }
  output.data({ migrations: after.manifest.migrations });
  if (dryRun) return output.say('nothing is written (--dry-run)');
  const changed = writeStore(after, paths.store);
  output.say(changed.length === 0 ? 'all files are as they were' : `wrote ${changed.join(', ')}`);
  const version = after.manifest.migrations.at(-1)?.version;
  if (version !== undefined && changed.length > 0) {
    writeVersion(paths, version);
    generate(paths);
    output.say(`wrote ${shown(paths, paths.schemaVersion)}: ${version}, and what is generated from the entities`);
  }
  output.next('npm run build, then npm run migration:run');
}

function findSource(sources: readonly MigrationSource[], file: string, paths: WorkspacePaths): MigrationSource {
  const wanted = [resolve(globalThis.process.env['INIT_CWD'] ?? '.', file), resolve(paths.root, file)].map((path) =>
    shown(paths, path),
  );
  const found = sources.find((source) => source.name === file || wanted.includes(source.file ?? ''));
  if (found) return found;
  throw new UserError(`there is no migration ${file}`, {
    why: `migrations are the files of ${shown(paths, paths.migrations)}`,
    wayOut: sources.map((source) => `npm run migration:store-sql -- ${source.file}`),
  });
}

function released(store: MigrationStore): MigrationStore {
  const migrations = store.manifest.migrations.map((entry) => ({ ...entry, released: true }));
  return { ...store, manifest: { ...store.manifest, migrations } };
}

function withoutVersion(store: MigrationStore, target: MigrationSource | null): MigrationStore {
  const entry = store.manifest.migrations.find(({ name }) => name === target?.name);
  if (!entry || entry.released) {
    throw new UserError('no version is given up', {
      why: entry ? `${entry.name} is released with its version` : 'no stored migration is named',
      wayOut: ['npm run migration:store-sql -- <path> --skip-version, with the path of an unreleased migration'],
    });
  }
  const retired = [...new Set([...store.manifest.retired, entry.version])];
  return { ...store, manifest: { ...store.manifest, retired } };
}

/** The compiled schema has the version to which the migrations lead. */
function writeVersion({ schemaVersion }: WorkspacePaths, version: string): void {
  const text = readFileSync(schemaVersion, 'utf8');
  const changed = text.replace(/(SCHEMA_VERSION = )'[^']*'/, `$1'${version}'`);
  if (changed !== text) writeFileSync(schemaVersion, changed);
}

/** In a process of its own: this one has loaded the files that are written. */
function generate({ root }: WorkspacePaths): void {
  execFileSync('npm', ['run', '--silent', 'generate', '-w', '@millrace/db'], { cwd: root, stdio: 'pipe' });
}
