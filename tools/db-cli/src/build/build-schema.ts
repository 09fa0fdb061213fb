import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMA_VERSION, schema } from '@millrace/db';
import { entities, generatedFiles, relationFaults, typeConsistencySource } from '@millrace/db/server';
import { readStore, type MigrationStore } from '@millrace/migrations-server';
import { UserError } from '@millrace/processes';
import { format, resolveConfig } from 'prettier';
import { readMigrations } from '../migration-files.js';
import type { Output } from '../output.js';
import { workOut } from '../work-out.js';
import type { WorkspacePaths } from '../workspace-paths.js';
import { bundleBrowser, bundleServer, type Bundle } from './bundles.js';
import { differingTables } from './differing-tables.js';
import { compatibilityMatrix } from './compatibility-matrix.js';
import { importCycles } from './import-cycles.js';
import { packageManifest } from './package-manifest.js';
import { schemaEntries, type SchemaEntries } from './schema-entries.js';
import { writeDeclarations } from './type-declarations.js';
import { typeErrors } from './type-consistency.js';

export interface BuildOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  /** Check everything, write nothing. */
  readonly dryRun: boolean;
}

/**
 * Checks the schema as a whole, then makes `libs/db/dist` of it. Nothing is written unless everything is right.
 * @throws UserError, MigrationError
 */
export async function buildSchema({ paths, output, dryRun }: BuildOptions): Promise<void> {
  const entries = schemaEntries(paths.root);
  const folder = join(paths.root, 'libs/db');
  await checkRelations();
  await checkGenerated(join(folder, 'src'));
  await checkTypes(entries, join(folder, 'src'));
  output.say('✓ entities: relations, generated files, types of columns');

  const stored = readStore(paths.store);
  const store = await workOut(await readMigrations(paths), { stored, from: null });
  checkStored(store, stored);
  checkLed(store);
  output.say(
    `✓ migrations: ${store.migrations.size}, up and down again, on servers and replicas; head ${SCHEMA_VERSION}`,
  );

  const [server, browser] = await Promise.all([bundleServer(entries), bundleBrowser(entries)]);
  checkCycles(server);
  output.say(`✓ bundles: browser ${browser.gzipBytes} bytes gzip'd, server ${server.text.length}`);
  output.data({ version: SCHEMA_VERSION, migrations: store.migrations.size, browserGzipBytes: browser.gzipBytes });
  if (dryRun) return output.say('nothing is written (--dry-run)');

  const dist = join(folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  write(dist, {
    'server.js': server.text,
    'browser.js': browser.text,
    'package.json': packageManifest(paths.root, SCHEMA_VERSION),
    'meta/schema.json': json(schema),
    'meta/compatibility.json': json(compatibilityMatrix(store, schema)),
    ...migrationFiles(store),
  });
  writeTypes(entries, dist);
  output.say('wrote libs/db/dist: server.js, browser.js, types, migrations, meta');
  output.next('npm run migration:run, and deploy the apps that use it');
}

async function checkRelations(): Promise<void> {
  const faults = await relationFaults(Object.values(entities));
  if (faults.length > 0) refuse('entities do not fit each other', faults, 'mend the relation that is named first');
}

async function checkGenerated(src: string): Promise<void> {
  const behind: string[] = [];
  for (const [name, source] of Object.entries(await generatedFiles())) {
    const file = join(src, name);
    const wanted = await format(source, { ...(await resolveConfig(file)), filepath: file });
    if (readFileSync(file, 'utf8') !== wanted) behind.push(`libs/db/src/${name}`);
  }
  if (behind.length > 0) refuse('generated files are behind the entities', behind, 'npm run generate -w @millrace/db');
}

async function checkTypes({ importsOf }: SchemaEntries, folder: string): Promise<void> {
  const errors = typeErrors(await typeConsistencySource(Object.values(entities), importsOf), folder);
  if (errors.length === 0) return;
  const lines = errors.map((error) => `${error} is what its column holds`);
  refuse('properties have other types than their columns', lines, 'give the property that type, or the column another');
}

function checkStored(computed: MigrationStore, stored: MigrationStore): void {
  const behind = [...computed.migrations.values()].filter(
    (migration) => json(stored.migrations.get(migration.name)) !== json(migration),
  );
  if (behind.length === 0 && json(computed.manifest) === json(stored.manifest)) return;
  const lines = behind.map(({ name }) => `${name} is not stored as it is now`);
  refuse(
    'stored migrations are behind',
    lines.length > 0 ? lines : ['schema-manifest.json'],
    'npm run migration:store-sql',
  );
}

/** A released migration is not worked out towards the entities any more: that they have gone on without one would show in databases only. */
function checkLed({ manifest, migrations }: MigrationStore): void {
  const head = migrations.get(manifest.migrations.at(-1)?.name ?? '')?.after;
  const others = differingTables(head?.tables ?? [], schema.tables);
  if (others.length === 0) return;
  refuse('the entities are not what the migrations lead to', others, 'npm run migration:generate -- <name>');
}

function checkCycles({ metafile }: Bundle): void {
  const cycles = importCycles(metafile).map((cycle) => cycle.join(' → '));
  if (cycles.length > 0)
    refuse('files import each other in a circle', cycles, 'let the side that has the foreign key import the other');
}

function refuse(message: string, why: readonly string[], wayOut: string): never {
  throw new UserError(message, { why: why.join('\n'), wayOut: [wayOut] });
}

function migrationFiles({ manifest, migrations }: MigrationStore): Readonly<Record<string, string>> {
  const files = [...migrations.values()].map((migration) => [`migrations/${migration.name}.json`, json(migration)]);
  return { 'migrations/schema-manifest.json': json(manifest), ...Object.fromEntries(files) };
}

/** The compiler reads entries from files only; in `dist` they would mean that package when they say `@millrace/db`. */
function writeTypes({ root, server, browser }: SchemaEntries, dist: string): void {
  const entries = join(root, 'libs/db/out-tsc/entries');
  write(entries, { 'server.ts': server.replace(/^import 'reflect-metadata';\n/, ''), 'browser.ts': browser });
  writeDeclarations(
    { server: join(entries, 'server.ts'), browser: join(entries, 'browser.ts') },
    { root, outDir: join(dist, 'types') },
  );
  rmSync(entries, { recursive: true });
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2) ?? ''}\n`;
}
