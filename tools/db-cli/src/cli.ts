import { Command } from 'commander';
import { runningDatabaseUrl } from '@millrace/dev/running-database';
import { describeFailure } from '@millrace/processes';
import { createOutput, type Output } from './output.js';
import { workspacePaths } from './workspace-paths.js';

/** Exit codes: 0 done, or there was nothing to do; 1 refused, and the message says what to do; 2 a failure that nobody foresaw. */
const REFUSED = 1;
const FAILED = 2;

interface Common {
  readonly json: boolean;
  readonly dryRun: boolean;
}

// TypeORM asks the catalog several things at once, which `pg` deplores: nothing that whoever types a command could mend.
Object.assign(process, { noDeprecation: true });

const paths = workspacePaths();
const program = new Command('npm run')
  .description('Migrations of the domain’s tables, for servers and clients.')
  .exitOverride();

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .configureHelp({ commandUsage: (shown) => `npm run migration:${name} -- ${shown.usage()}` })
    .option('--json', 'write one JSON value to standard output', false)
    .option('--dry-run', 'say what would be done, and do nothing', false);
}

async function run({ json }: Common, work: (output: Output) => Promise<void>): Promise<void> {
  const output = createOutput(json, (text) => process.stdout.write(text));
  await work(output);
  output.end();
}

command('generate', 'Write the migration that leads to the entities as they are now. No server is needed.')
  .argument('<name>', 'what it does, in a few words: add-credit-notes')
  .option(
    '--rename <renames...>',
    'what was renamed, and keeps its values: profiles.phone:mobile, or notes:memos for a table',
  )
  .option('--no-rename', 'nothing was renamed: columns that go lose their values')
  .action(async (name: string, options: Common & { rename?: readonly string[] | boolean }) => {
    const { generate } = await import('./commands/generate.js');
    const { renameOptions } = await import('./rename-options.js');
    await run(options, (output) => generate({ paths, output, name, ...options, renames: renameOptions(options) }));
  });

command('create', 'Write an empty migration.')
  .argument('<name>', 'what it does, in a few words: fill-in-countries')
  .action(async (name: string, options: Common) => {
    const { create } = await import('./commands/create.js');
    await run(options, (output) => create({ paths, output, name, ...options }));
  });

command(
  'run',
  'Run the migrations that a database has not had yet: that of DATABASE_URL, else that of the running npm start.',
).action(async (options: Common) => {
  const { run: runMigrations } = await import('./commands/run.js');
  await run(options, (output) => runMigrations({ paths, output, url: databaseUrl('run'), ...options }));
});

command('revert', 'Take the last migration of a database back: of DATABASE_URL, else of the running npm start.')
  .option('--force', 'although clients have the newer version', false)
  .action(async (options: Common & { force: boolean }) => {
    const { revert } = await import('./commands/revert.js');
    await run(options, (output) => revert({ paths, output, url: databaseUrl('revert'), ...options }));
  });

command('cleanup', 'Remove a migration that is not released and has not run.')
  .argument('<name>', 'its class, its file, or the words of its name')
  .action(async (name: string, options: Common) => {
    const { cleanup } = await import('./commands/cleanup.js');
    await run(options, (output) => cleanup({ paths, output, name, url: databaseUrlIfAny(), ...options }));
  });

command('store-sql', 'Work out what migrations are to servers and clients, and write it beside them.')
  .argument('[path]', 'file of the migration; default: all of them')
  .option('--release', 'the stored migrations are released: from now on they are never edited', false)
  .option(
    '--skip-version',
    'give the migration another version: a database has the present one in another meaning',
    false,
  )
  .action(async (path: string | undefined, options: Common & { release: boolean; skipVersion: boolean }) => {
    const { storeSql } = await import('./commands/store-sql.js');
    await run(options, (output) => storeSql({ paths, output, file: path ?? null, ...options }));
  });

function databaseUrl(name: string): string {
  return runningDatabaseUrl(`npm run migration:${name}`);
}

function databaseUrlIfAny(): string | null {
  try {
    return databaseUrl('cleanup');
  } catch {
    return null;
  }
}

command(
  'build',
  'Check entities and migrations as a whole, and make libs/db/dist of them: bundles, types, migrations, meta.',
).action(async (options: Common) => {
  const { buildSchema } = await import('./build/build-schema.js');
  await run(options, (output) => buildSchema({ paths, output, ...options }));
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has said what was wrong with the words, or has shown its help.
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') return error.exitCode;
  // By name: the classes would load TypeORM for a command that only shows its help.
  const name = error instanceof Error ? error.name : '';
  const isRefusal = name === 'MigrationError' || name === 'SyncError';
  process.stderr.write(`${isRefusal ? `✗ ${(error as Error).message}` : describeFailure(error)}\n`);
  return isRefusal || name === 'UserError' ? REFUSED : FAILED;
}
