import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SyncError, errorText } from '@millrace/kernel';
import * as v from 'valibot';
import { fileStem } from '../processing/migration-source.js';
import {
  manifestSchema,
  storedMigrationSchema,
  type SchemaManifest,
  type StoredMigration,
} from './stored-migration.js';

/** What `migration:store-sql` has written: the committed files from which migrations are run. */
export interface MigrationStore {
  readonly manifest: SchemaManifest;
  /** By class name. */
  readonly migrations: ReadonlyMap<string, StoredMigration>;
}

/** Of the domain's migrations. */
export const STORE_FOLDER = join(import.meta.dirname, '../..');

const MANIFEST = 'schema-manifest.json';
const PROCESSED = 'processed';

/** @throws SyncError `database-misconfigured` naming the file that can't be read */
export function readStore(folder: string = STORE_FOLDER): MigrationStore {
  const manifestFile = join(folder, MANIFEST);
  const manifest = existsSync(manifestFile) ? readJson(manifestFile, manifestSchema) : { migrations: [], retired: [] };
  const migrations = manifest.migrations.map(({ name }) =>
    readJson(processedFile(folder, name), storedMigrationSchema),
  );
  return { manifest, migrations: new Map(migrations.map((migration) => [migration.name, migration])) };
}

/** Makes the files those of the store. The same store gives the same bytes. Returns the names of the files that changed. */
export function writeStore({ manifest, migrations }: MigrationStore, folder: string = STORE_FOLDER): readonly string[] {
  mkdirSync(join(folder, PROCESSED), { recursive: true });
  const files = new Map([
    [MANIFEST, manifest as unknown],
    ...[...migrations.values()].map(
      (migration) => [`${PROCESSED}/${fileStem(migration.name)}.json`, migration] as const,
    ),
  ]);
  const stale = readdirSync(join(folder, PROCESSED)).filter((name) => !files.has(`${PROCESSED}/${name}`));
  for (const name of stale) rmSync(join(folder, PROCESSED, name));
  const changed = [...files].filter(([name, value]) =>
    writeIfOther(join(folder, name), `${JSON.stringify(value, null, 2)}\n`),
  );
  return [...changed.map(([name]) => name), ...stale.map((name) => `${PROCESSED}/${name}`)].sort();
}

export function processedFile(folder: string, name: string): string {
  return join(folder, PROCESSED, `${fileStem(name)}.json`);
}

function writeIfOther(file: string, text: string): boolean {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  writeFileSync(file, text);
  return true;
}

function readJson<T>(file: string, schema: v.GenericSchema<unknown, T>): T {
  try {
    return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new SyncError(
      'database-misconfigured',
      `${file} can't be used (${errorText(cause)}): write it anew with npm run migration:store-sql`,
      { cause },
    );
  }
}
