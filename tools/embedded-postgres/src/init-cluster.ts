import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { giveTo, spawnIds } from './privileges.js';
import type { Privileges } from './privileges.js';

/** The database superuser of an embedded Postgres. */
export const SUPERUSER = 'postgres';

const PASSWORD_FILE = 'millrace.password';

export interface InitOptions {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly privileges: Privileges;
  readonly newPassword: () => string;
}

/**
 * Makes the data directory if there is none. It is built beside its place and renamed when whole: an `initdb`
 * that was killed half way leaves nothing that looks like a database.
 * @throws Error with the words of initdb
 */
export function initCluster(options: InitOptions): void {
  const { dataDir, binaries, privileges } = options;
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const fresh = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, options.newPassword(), { mode: 0o600 });
  giveTo(privileges, fresh);
  giveTo(privileges, passwordFile);
  try {
    runInitdb(
      [...privileges.prefix, binaries.initdb, ...initdbFlags(fresh, passwordFile), ...localeFlags(binaries.version)],
      privileges,
    );
    renameSync(passwordFile, join(fresh, PASSWORD_FILE));
    chmodSync(fresh, 0o700);
    renameSync(fresh, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The superuser's password of a data directory made by {@link initCluster}. */
export function readPassword(dataDir: string): string {
  return readFileSync(join(dataDir, PASSWORD_FILE), 'utf8').trim();
}

/** No sync: the directory is not data yet. */
function initdbFlags(dataDir: string, passwordFile: string): string[] {
  return [
    `--pgdata=${dataDir}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
}

/** A locale built into Postgres, from 17 on: the same order of texts on every machine. */
function localeFlags(version: string): string[] {
  return Number.parseInt(version, 10) < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
}

function runInitdb(command: readonly string[], privileges: Privileges): void {
  const [program = '', ...args] = command;
  const run = spawnSync(program, args, { encoding: 'utf8', cwd: '/', ...spawnIds(privileges) });
  if (run.status === 0) return;
  const words = run.error?.message ?? `${run.stdout}${run.stderr}`.trim();
  throw new Error(`initdb failed (${run.status ?? run.signal ?? 'not started'}):\n${words}`);
}
