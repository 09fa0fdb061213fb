import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '@millrace/processes';

/** Where each thing is kept below the data directory. */
export interface DataDir {
  readonly root: string;
  readonly postgres: string;
  readonly workerd: string;
  readonly workerBundle: string;
  readonly site: string;
  readonly logs: string;
  readonly lockFile: string;
  readonly runFile: string;
  readonly workerdPidFile: string;
  readonly secretsFile: string;
  readonly postgresPortFile: string;
}

export function dataDirAt(root: string): DataDir {
  return {
    root,
    postgres: join(root, 'postgres'),
    workerd: join(root, 'workerd'),
    workerBundle: join(root, 'build', 'worker'),
    site: join(root, 'build', 'site'),
    logs: join(root, 'logs'),
    lockFile: join(root, 'lock.db'),
    runFile: join(root, 'run.json'),
    workerdPidFile: join(root, 'workerd.pid'),
    secretsFile: join(root, 'secrets.json'),
    postgresPortFile: join(root, 'postgres.port'),
  };
}

/** The log of one part. */
export function logFileOf(dataDir: DataDir, part: 'postgres' | 'workerd' | 'build'): string {
  return join(dataDir.logs, `${part}.log`);
}

/**
 * Makes the data directory and proves that it can be written.
 * @throws UserError if it can't
 */
export function prepareDataDir(dataDir: DataDir): void {
  const probe = join(dataDir.root, `.probe-${process.pid}`);
  try {
    makeFolder(dataDir.logs);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    throw new UserError(
      `the data directory ${dataDir.root} can't be written`,
      {
        why: (cause as Error).message,
        wayOut: ['make it writable, or choose another folder: MILLRACE_DATA_DIR=$HOME/millrace npm start'],
      },
      cause,
    );
  }
}

/** Folder by folder: Node's own recursive mkdir never returns where a file system answers ENOENT, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

const LOG_BYTES = 20 * 1024 * 1024;

/** Keeps one older log beside a log that has grown large; called before anybody writes to it. */
export function rotateLogs(dataDir: DataDir): void {
  for (const part of ['postgres', 'workerd', 'build'] as const) {
    const log = logFileOf(dataDir, part);
    if (existsSync(log) && statSync(log).size > LOG_BYTES) renameSync(log, `${log}.1`);
  }
}
