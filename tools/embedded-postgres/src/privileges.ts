import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@millrace/processes';
import { programsIn } from './binaries.js';
import type { PostgresBinaries } from './binaries.js';

/**
 * Postgres refuses to run as root. `direct`: we are not root. `user-namespace`: root appears to Postgres as
 * `nobody` and files stay root's own. `switch-user`: where user namespaces are blocked (some containers), it
 * really runs as `nobody`, who must then own the data.
 */
export type PrivilegeMode = 'direct' | 'user-namespace' | 'switch-user';

/** How to start a Postgres program without root's rights. */
export interface Privileges {
  readonly mode: PrivilegeMode;
  /** Words before the command. */
  readonly prefix: readonly string[];
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

const NOBODY = 'nobody';
const AS_NOBODY_INSIDE = ['unshare', '-U', '--map-user=65534', '--map-group=65534'];

/** The least intrusive mode that works on this machine. */
export function detectPrivilegeMode(): PrivilegeMode {
  if (process.getuid?.() !== 0) return 'direct';
  const [program = '', ...args] = AS_NOBODY_INSIDE;
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0 ? 'user-namespace' : 'switch-user';
}

/** @throws UserError if root's rights can't be dropped on this machine */
export function privilegesFor(mode: PrivilegeMode): Privileges {
  switch (mode) {
    case 'direct':
      return { mode, prefix: [], owner: null };
    case 'user-namespace':
      return { mode, prefix: AS_NOBODY_INSIDE, owner: { uid: 0, gid: 0 } };
    case 'switch-user':
      return { mode, prefix: [], owner: { uid: idOf('-u'), gid: idOf('-g') } };
  }
}

/** The ids to give to `spawn`; none where the process keeps ours. */
export function spawnIds(privileges: Privileges): { uid?: number; gid?: number } {
  return privileges.mode === 'switch-user' && privileges.owner !== null ? privileges.owner : {};
}

/** Gives a folder and all in it to the user that Postgres runs as; a data directory may have been made in another mode. */
export function giveTo(privileges: Privileges, path: string): void {
  const { owner } = privileges;
  if (owner === null || lstatSync(path).uid === owner.uid) return;
  chownTree(path, owner.uid, owner.gid);
}

/**
 * The binaries, readable by the user that Postgres runs as. A checkout below a private home directory is closed to
 * `nobody`; then they are copied once to the system's temporary folder.
 * @throws UserError if `nobody` can't even reach the data
 */
export function reachableBinaries(
  privileges: Privileges,
  binaries: PostgresBinaries,
  dataParent: string,
): PostgresBinaries {
  if (privileges.mode !== 'switch-user') return binaries;
  if (!canDo(privileges, 'test', ['-x', dataParent])) {
    throw new UserError(`Postgres can't reach ${dataParent}`, {
      why: 'it may not run as root, user namespaces are blocked here, and the user `nobody` may not enter that folder',
      wayOut: ['move the data: MILLRACE_DATA_DIR=/var/lib/millrace npm start', 'or run as an ordinary user'],
    });
  }
  if (canDo(privileges, binaries.postgres, ['--version'])) return binaries;
  const home = join(tmpdir(), `millrace-postgres-${binaries.version}`);
  if (!existsSync(home)) copyWhole(binaries.home, home);
  return { ...binaries, ...programsIn(home), home };
}

/** Copies beside the target and renames: a copy cut short must never be taken for a whole one. */
function copyWhole(from: string, to: string): void {
  const partial = `${to}.${process.pid}`;
  cpSync(from, partial, { recursive: true, verbatimSymlinks: true });
  renameSync(partial, to);
}

function canDo(privileges: Privileges, program: string, args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', cwd: '/', ...spawnIds(privileges) }).status === 0;
}

function idOf(flag: '-u' | '-g'): number {
  const answer = spawnSync('id', [flag, NOBODY], { encoding: 'utf8' });
  const id = Number.parseInt(answer.stdout, 10);
  if (Number.isInteger(id)) return id;
  throw new UserError("Postgres can't be started as root", {
    why: 'user namespaces are blocked here and there is no user `nobody`',
    wayOut: ['run as an ordinary user', 'or use a Postgres of your own: DATABASE_URL=postgres://… npm start'],
  });
}

function chownTree(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownTree(join(path, name), uid, gid);
}
