import { Command } from 'commander';
import { SyncError } from '@millrace/kernel';
import { MigrationError } from '@millrace/migrations-server/processing';
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

const paths = workspacePaths();
const program = new Command('npm run migration:…')
  .description('Migrations of the domain’s tables, for servers and clients.')
  .exitOverride();

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'write one JSON value to standard output', false)
    .option('--dry-run', 'say what would be done, and do nothing', false);
}

async function run({ json }: Common, work: (output: Output) => Promise<void>): Promise<void> {
  const output = createOutput(json, (text) => process.stdout.write(text));
  await work(output);
  output.end();
}

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

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has said what was wrong with the words, or has shown its help.
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') return error.exitCode;
  const isRefusal = error instanceof MigrationError || error instanceof SyncError;
  process.stderr.write(`${isRefusal ? `✗ ${error.message}` : describeFailure(error)}\n`);
  return isRefusal || (error instanceof Error && error.name === 'UserError') ? REFUSED : FAILED;
}
