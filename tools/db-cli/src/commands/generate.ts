import { writeFileSync } from 'node:fs';
import { entities, schemaOfEntities } from '@millrace/db/server';
import { readStore } from '@millrace/migrations-server';
import {
  EMPTY_SCHEMA,
  inTrial,
  openTrialDatabase,
  processMigration,
  recordMigration,
  sqlMigrationSource,
  type ProcessedMigration,
  type TrialDatabase,
} from '@millrace/migrations-server/processing';
import { describeMigration } from '../describe-migration.js';
import { differences } from '../generate/differences.js';
import type { RenameOptions } from '../generate/renames.js';
import type { TwoWay } from '../generate/two-way-statement.js';
import { readMigrations, writeIndex } from '../migration-files.js';
import { migrationSourceText } from '../migration-template.js';
import { newMigration } from '../new-migration-name.js';
import type { Output } from '../output.js';
import { shown, type WorkspacePaths } from '../workspace-paths.js';
import { UserError } from '@millrace/processes';
import type { SchemaMeta } from '@millrace/schema-meta';

export interface GenerateOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  readonly name: string;
  readonly renames: RenameOptions;
  readonly dryRun: boolean;
}

/** Writes the migration that leads from the migrations there are to the entities, and says what it will mean to clients. */
export async function generate({ paths, output, name, renames, dryRun }: GenerateOptions): Promise<void> {
  const { className, file } = newMigration(paths, name);
  const head = await schemaOfEntities(Object.values(entities), '0.0.0');
  await using database = await openTrialDatabase();
  const before = await bringToHead(paths, database);
  const statements = await inTrial(database.run, () => differences(database, { head, renames }));
  if (statements.up.length === 0 && sameTables(before.schema, head)) {
    output.data({ file: null, up: [], down: [] });
    return output.say('nothing to generate: the migrations lead to the entities as they are');
  }
  const processed = await processMigration({
    database,
    migration: sqlMigrationSource(className, statements),
    before: before.schema,
    after: () => head,
    previous: before.previous,
    retired: readStore(paths.store).manifest.retired,
  });
  tell(output, { processed, statements, file: shown(paths, file) });
  if (dryRun) return output.say('nothing is written (--dry-run)');
  const purpose =
    statements.up.length === 0
      ? 'Changes what of the tables is synced, and for whom: no statement is needed for it.'
      : 'What the entities have become.';
  writeFileSync(file, await migrationSourceText({ className, purpose, statements, file }));
  await writeIndex(paths);
  output.say(`wrote ${shown(paths, file)}`);
  output.next(`review it, then npm run migration:store-sql -- ${shown(paths, file)}`);
}

interface Head {
  /** In force after the migrations there are. */
  readonly schema: SchemaMeta;
  readonly previous: string | null;
}

async function bringToHead(paths: WorkspacePaths, { source }: TrialDatabase): Promise<Head> {
  const stored = readStore(paths.store);
  let head: Head = { schema: EMPTY_SCHEMA, previous: null };
  for (const migration of await readMigrations(paths)) {
    const known = stored.migrations.get(migration.name);
    if (!known) {
      throw new UserError(`${migration.name} is not stored yet`, {
        why: 'what comes after it continues its schema',
        wayOut: [`npm run migration:store-sql -- ${migration.file}`],
      });
    }
    const statements = await recordMigration({ source, migration, direction: 'up' });
    if (JSON.stringify(statements) !== JSON.stringify(known.serverUp)) {
      throw new UserError(`${migration.name} is not as it was stored`, {
        why: 'its file was edited since',
        wayOut: [`npm run migration:store-sql -- ${migration.file}`],
      });
    }
    head = { schema: known.after, previous: migration.name };
  }
  return head;
}

/** Their statements are the same; what of them is synced may differ. */
function sameTables(a: SchemaMeta, b: SchemaMeta): boolean {
  return JSON.stringify(a.tables) === JSON.stringify(b.tables);
}

function tell(
  output: Output,
  { processed, statements, file }: { processed: ProcessedMigration; statements: TwoWay; file: string },
): void {
  const { version, kind, tightens, relaxes, ops } = processed;
  output.data({ file, ...statements, version, kind, tightens, relaxes, ops });
  output.say(
    ['up:', ...statements.up.map((sql) => `  ${sql}`), 'down:', ...statements.down.map((sql) => `  ${sql}`)].join('\n'),
  );
  output.say(describeMigration(processed, { released: false, acknowledge: null }));
}
