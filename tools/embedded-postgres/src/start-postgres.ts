import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, findWorkspaceRoot, logSince, markLog, spawnChild } from '@millrace/processes';
import type { ChildHandle, ExitStatus, ProcessRef, SignalStep } from '@millrace/processes';
import { findBinaries } from './binaries.js';
import type { PostgresBinaries } from './binaries.js';
import { hydrateSymlinks } from './hydrate-symlinks.js';
import { SUPERUSER, initCluster, readPassword } from './init-cluster.js';
import { isReady, removeStalePostmasterFile } from './postmaster-file.js';
import { detectPrivilegeMode, giveTo, privilegesFor, reachableBinaries, spawnIds } from './privileges.js';
import type { PrivilegeMode, Privileges } from './privileges.js';

/** INT is Postgres's fast shutdown; TERM would wait for its clients. */
export const POSTGRES_LADDER: readonly SignalStep[] = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 10_000 },
];

export interface StartPostgresOptions {
  /** Made on the first start. */
  readonly dataDir: string;
  /** On 127.0.0.1; default: any free one. */
  readonly port?: number;
  /** Default: `<dataDir>.log`. */
  readonly logFile?: string;
  /** Server settings beside those that capture needs, e.g. `{ max_connections: '300' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: the ones from npm. A data directory belongs to the major version that made it. */
  readonly binaries?: PostgresBinaries;
  /** Default: the least intrusive one that works here. */
  readonly privilegeMode?: PrivilegeMode;
  /** Called as soon as there is a process, before it is ready: record it, so that it can't be orphaned. */
  readonly onSpawn?: (child: ChildHandle) => void;
}

/** A Postgres that takes connections. */
export interface RunningPostgres {
  /** Of the superuser, database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly ref: ProcessRef;
  readonly exited: Promise<ExitStatus>;
  /** Fast shutdown: clients are disconnected, data is flushed. */
  stop(): Promise<void>;
}

/** Capture needs `logical`; the rest keeps the server to itself and its clock in UTC. */
const BASE_SETTINGS: Readonly<Record<string, string>> = {
  wal_level: 'logical',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 15;
/** For so long the remains of a killed server may hold its shared memory or its lock file. */
const REMAINS_LAST_MS = 15_000;
const REMAINS_OF_A_KILLED_SERVER = /pre-existing shared memory block|lock file "[^"]*" already exists/;

/**
 * Starts the Postgres of a data directory and resolves when it takes connections. Works as root. One caller at a
 * time per directory: the caller holds its lock.
 * @throws Error with the last lines of the server's log
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  const dataDir = resolve(options.dataDir);
  const logFile = resolve(options.logFile ?? `${dataDir}.log`);
  const privileges = privilegesFor(options.privilegeMode ?? detectPrivilegeMode());
  mkdirSync(dirname(dataDir), { recursive: true });
  const binaries = prepareBinaries(options.binaries ?? findBinaries(findWorkspaceRoot()), { privileges, dataDir });
  initCluster({ dataDir, binaries, privileges, newPassword: () => randomBytes(24).toString('base64url') });
  giveTo(privileges, dataDir);

  const port = options.port ?? (await findFreePort());
  const launch: Launch = { ...options, dataDir, logFile, port, privileges, binaries };
  const child = await launchUntilReady(launch);
  return {
    url: `postgres://${SUPERUSER}:${readPassword(dataDir)}@127.0.0.1:${port}/postgres`,
    port,
    pid: child.ref.pid,
    ref: child.ref,
    exited: child.exited,
    stop: () => child.end(POSTGRES_LADDER),
  };
}

interface Launch extends StartPostgresOptions {
  readonly logFile: string;
  readonly port: number;
  readonly privileges: Privileges;
  readonly binaries: PostgresBinaries;
}

function prepareBinaries(
  binaries: PostgresBinaries,
  { privileges, dataDir }: { privileges: Privileges; dataDir: string },
): PostgresBinaries {
  hydrateSymlinks(binaries.home);
  return reachableBinaries(privileges, binaries, dirname(dataDir));
}

/**
 * After kill -9 of a postmaster its children live on for a moment and hold its shared memory. Only that failure is
 * tried again, and only for a bounded time; every other one is reported at once.
 */
async function launchUntilReady(launch: Launch): Promise<ChildHandle> {
  const deadline = performance.now() + REMAINS_LAST_MS;
  for (;;) {
    removeStalePostmasterFile(launch.dataDir);
    const mark = markLog(launch.logFile);
    const child = spawnPostmaster(launch);
    const failure = await waitUntilReady(child, launch.dataDir);
    if (failure === null) return child;

    await child.end(POSTGRES_LADDER);
    const words = logSince(mark);
    if (!REMAINS_OF_A_KILLED_SERVER.test(words) || performance.now() >= deadline) {
      throw new Error(`Postgres did not start: ${failure}\n${words}`);
    }
    await sleep(200);
  }
}

function spawnPostmaster(launch: Launch): ChildHandle {
  const settings = { ...BASE_SETTINGS, ...launch.settings };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawnChild({
    command: [
      ...(launch.privileges.prefix as [string]),
      launch.binaries.postgres,
      '-D',
      launch.dataDir,
      '-p',
      String(launch.port),
      ...flags,
    ],
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    logFile: launch.logFile,
    ...spawnIds(launch.privileges),
  });
  launch.onSpawn?.(child);
  return child;
}

/** Null when ready, else why not. */
async function waitUntilReady(child: ChildHandle, dataDir: string): Promise<string | null> {
  let ended: ExitStatus | null = null;
  void child.exited.then((status) => (ended = status));
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!isReady(dataDir, child.ref.pid)) {
    if (ended !== null) return `it ended with ${describeExit(ended)}`;
    if (performance.now() >= deadline) return `not ready within ${READY_WITHIN_MS / 1000} s`;
    await sleep(LOOK_EVERY_MS);
  }
  return null;
}

function describeExit({ code, signal }: ExitStatus): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
