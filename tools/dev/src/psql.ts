import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { UserError, describeFailure, isAlive } from '@millrace/processes';
import { dataDirAt } from './data-dir.js';
import { runBuiltIn } from './psql/built-in.js';
import { readDataDir } from './settings.js';
import { readRunFile } from './supervisor/run-file.js';

/** `npm run psql -- …`: psql on the source database; without one in the PATH, a runner for scripts. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const url = databaseUrl();
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

/** The database of DATABASE_URL, else that of the running `npm start`. */
function databaseUrl(): string {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  const dataDir = dataDirAt(readDataDir(process.env));
  const record = readRunFile(dataDir.runFile);
  if (record?.supervisor && isAlive(record.supervisor) && record.databaseUrl !== null) return record.databaseUrl;
  throw new UserError('there is no database to connect to', {
    why: `no npm start runs on ${dataDir.root}, and DATABASE_URL is not set`,
    wayOut: ['npm start, in another terminal', 'or name a database: DATABASE_URL=postgres://… npm run psql'],
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
