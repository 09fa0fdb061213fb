import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { endProcess, sendSignal } from './end-process.js';
import type { SignalStep } from './end-process.js';
import { processStartTime } from './process-identity.js';
import type { ProcessRef } from './process-identity.js';

/** How a child ended: one of the two is set. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child with its own process group, whose output goes to a file. */
export interface ChildHandle {
  readonly ref: ProcessRef;
  /** Resolves when the child has ended; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** What the child writes to file descriptor 3, where that was asked for. */
  readonly control: Readable | null;
  end(ladder: readonly SignalStep[]): Promise<void>;
  /** Kills the child and all that it started in its group. Only for children that hold no data, such as builds. */
  killGroup(): void;
}

export interface SpawnOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Appended to. Output goes to a file, not to a pipe: a child must outlive its parent without dying of EPIPE. */
  readonly logFile: string;
  readonly withControl?: boolean;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Starts a child in a process group of its own, so that the terminal's Ctrl-C reaches only its supervisor, which
 * ends children in the right order. Returns in the same turn: no moment in which a child runs that nobody knows of.
 * @throws Error if the program can't be started
 */
export function spawnChild(options: SpawnOptions): ChildHandle {
  const [file, ...args] = options.command;
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log, log, ...(options.withControl === true ? (['pipe'] as const) : [])],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  closeSync(log);
  child.on('error', () => undefined); // a program that can't be started has no pid: told below
  if (child.pid === undefined) throw new Error(`could not start ${file}: it is not there, or may not be executed`);

  // Until Node reaps the child, which takes a later turn, its entry in the process table stays.
  const ref: ProcessRef = { pid: child.pid, startTime: processStartTime(child.pid) ?? 'gone' };
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    ref,
    exited,
    control: (child.stdio[3] as Readable | undefined | null) ?? null,
    end: (ladder) => endProcess(ref, ladder),
    killGroup: () => sendSignal(-ref.pid, 'SIGKILL'),
  };
}
