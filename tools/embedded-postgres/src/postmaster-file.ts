import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProcesses, findProcessesIn } from '@millrace/processes';
import type { ProcessRef } from '@millrace/processes';

const PID_LINE = 0;
const STATUS_LINE = 7;

/** True once this very postmaster takes connections: Postgres writes it into the eighth line of postmaster.pid. */
export function isReady(dataDir: string, pid: number): boolean {
  const lines = postmasterLines(dataDir);
  return Number(lines[PID_LINE]) === pid && lines[STATUS_LINE]?.trim() === 'ready';
}

/**
 * The live postmaster of a data directory, if there is one. A recycled pid is not taken for it: the process must
 * be a Postgres that was started with this directory.
 */
export function findPostmaster(dataDir: string): ProcessRef | null {
  return findProcesses(['postgres'], dataDir)[0] ?? null;
}

/**
 * Removes a postmaster.pid that nobody stands behind. Postgres does so itself, except when its old pid belongs to
 * another process of the same user or to a zombie: then it would refuse to start until someone removes the file.
 * While any process still works in the directory the file stays, for it guards the shared memory they use.
 */
export function removeStalePostmasterFile(dataDir: string): void {
  if (!hasPostmasterFile(dataDir) || findPostmaster(dataDir) !== null) return;
  if (findProcessesIn(dataDir).length === 0) rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}

function hasPostmasterFile(dataDir: string): boolean {
  return postmasterLines(dataDir).length > 0;
}

function postmasterLines(dataDir: string): string[] {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
