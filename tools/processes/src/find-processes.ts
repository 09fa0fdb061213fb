import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { refOf } from './process-identity.js';
import type { ProcessRef } from './process-identity.js';

/** A process and the words of its command line. */
export interface ProcessListing extends ProcessRef {
  readonly argv: readonly string[];
}

/**
 * Live processes of the named programs that were started with `argument` as one of their words. Finds what no
 * record tells of: a child whose parent was killed between starting it and writing it down.
 */
export function findProcesses(programs: readonly string[], argument: string): ProcessListing[] {
  return listCommandLines()
    .filter(({ argv }) => argv.some((word) => programs.includes(basename(word))) && argv.includes(argument))
    .flatMap(withRef);
}

/** Live processes with `text` anywhere in their command line; make it something that no stranger names. */
export function findProcessesNaming(text: string): ProcessListing[] {
  return listCommandLines()
    .filter(({ pid, argv }) => pid !== process.pid && argv.some((word) => word.includes(text)))
    .flatMap(withRef);
}

/** Live processes whose working directory is this folder; Postgres and all its children work in their data directory. */
export function findProcessesIn(folder: string): ProcessRef[] {
  return listCommandLines()
    .filter(({ pid }) => workingDirectory(pid) === folder)
    .flatMap(({ pid }) => refOf(pid) ?? []);
}

function workingDirectory(pid: number): string | null {
  try {
    return process.platform === 'linux' ? readlinkSync(`/proc/${pid}/cwd`) : workingDirectoryFromLsof(pid);
  } catch {
    return null; // ended while we looked, or another user's
  }
}

function workingDirectoryFromLsof(pid: number): string | null {
  const answer = execFileSync('lsof', ['-a', '-d', 'cwd', '-p', String(pid), '-Fn'], { encoding: 'utf8' });
  return /^n(.*)$/m.exec(answer)?.[1] ?? null;
}

function withRef({ pid, argv }: CommandLine): ProcessListing[] {
  const ref = refOf(pid);
  return ref === null ? [] : [{ ...ref, argv }];
}

interface CommandLine {
  readonly pid: number;
  readonly argv: readonly string[];
}

function listCommandLines(): CommandLine[] {
  return process.platform === 'linux' ? commandLinesFromProc() : commandLinesFromPs();
}

function commandLinesFromProc(): CommandLine[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const argv = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').filter(Boolean);
        return [{ pid: Number(entry), argv }];
      } catch {
        return []; // ended while we looked
      }
    });
}

function commandLinesFromPs(): CommandLine[] {
  const listing = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' });
  return listing.split('\n').flatMap((line) => {
    const [pid, ...argv] = line.trim().split(/\s+/);
    return pid === undefined || pid === '' ? [] : [{ pid: Number(pid), argv }];
  });
}
