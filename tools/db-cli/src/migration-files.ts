import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrationSource, type MigrationClass, type MigrationSource } from '@millrace/migrations-server/processing';
import { UserError } from '@millrace/processes';
import { formatSource } from './format-source.js';
import { shown, type WorkspacePaths } from './workspace-paths.js';

const FILE = /^([0-9]{13})-([a-z0-9-]+)\.ts$/;

/** The files of the migrations, oldest first. */
export function migrationFiles({ migrations }: WorkspacePaths): readonly string[] {
  return readdirSync(migrations)
    .filter((name) => FILE.test(name))
    .sort()
    .map((name) => join(migrations, name));
}

/** Every migration, oldest first, read from its file. */
export async function readMigrations(paths: WorkspacePaths): Promise<readonly MigrationSource[]> {
  return Promise.all(migrationFiles(paths).map((file) => readMigration(paths, file)));
}

export async function readMigration(paths: WorkspacePaths, file: string): Promise<MigrationSource> {
  const found = Object.values((await importFile(paths, file)) as object).filter(isMigration);
  const [migration, ...more] = found;
  if (!migration || more.length > 0) {
    throw new UserError(`${shown(paths, file)} is no migration`, {
      why: `it exports ${found.length} classes with up() and down(), not one`,
      wayOut: ['one class a file, made by: npm run migration:create -- <name>'],
    });
  }
  return migrationSource(migration, shown(paths, file));
}

async function importFile(paths: WorkspacePaths, file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new UserError(
      `${shown(paths, file)} can't be loaded`,
      { why: cause instanceof Error ? cause.message : String(cause), wayOut: ['mend the file'] },
      cause,
    );
  }
}

function isMigration(value: unknown): value is MigrationClass {
  if (typeof value !== 'function') return false;
  const prototype = value.prototype as { up?: unknown; down?: unknown } | undefined;
  return typeof prototype?.up === 'function' && typeof prototype.down === 'function';
}

/** Writes the list of migrations anew: what the rest of the code imports. */
export async function writeIndex(paths: WorkspacePaths): Promise<void> {
  const entries = migrationFiles(paths).map((file) => {
    const stem = file.slice(paths.migrations.length + 1, -'.ts'.length);
    return { stem, className: className(stem) };
  });
  const lines = [
    ...entries.map(({ stem, className: name }) => `import { ${name} } from './${stem}.js';`),
    '',
    '/** The domain’s migrations, oldest first. Written by `migration:generate`, `migration:create` and `migration:cleanup`. */',
    `export const domainMigrations = [${entries.map(({ className: name }) => name).join(', ')}];`,
    '',
  ];
  const file = join(paths.migrations, 'index.ts');
  writeFileSync(file, await formatSource(lines.join('\n'), file));
}

/** `1764000000000-add-notes` → `AddNotes1764000000000`. */
export function className(stem: string): string {
  const [, timestamp = '', words = ''] = FILE.exec(`${stem}.ts`) ?? [];
  return `${words
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')}${timestamp}`;
}
