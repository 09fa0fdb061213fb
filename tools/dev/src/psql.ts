import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { describeFailure } from '@millrace/processes';
import { runBuiltIn } from './psql/built-in.js';
import { runningDatabaseUrl } from './running-database.js';

/** `npm run psql -- …`: psql on the source database; without one in the PATH, a runner for scripts. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const url = runningDatabaseUrl('npm run psql');
  const folder = process.env['INIT_CWD'] ?? process.cwd();
  if (hasPsql()) return runPsql(url, words, folder);
  return runBuiltIn(words, {
    url,
    folder,
    stdin: process.stdin,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}

function runPsql(url: string, words: readonly string[], folder: string): Promise<number> {
  const child = spawn('psql', ['-d', url, ...words], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PGCLIENTENCODING: process.env['PGCLIENTENCODING'] ?? 'UTF8' },
  });
  // Ctrl-C is psql's: it cancels a query there.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 2;
}
