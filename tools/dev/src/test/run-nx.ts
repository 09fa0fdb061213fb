import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { NX_START, looksFailed, readNxLine, summarise } from './nx-output.js';
import type { NxTask } from './nx-output.js';

export interface RunNxOptions {
  readonly root: string;
  readonly targets: readonly string[];
  /** Default: all. */
  readonly projects: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tests are counted by files that they leave; a result from nx's cache leaves none. */
  readonly skipCache: boolean;
  readonly write: (text: string) => void;
  readonly onSpawn: (child: ChildProcess) => void;
}

export interface NxOutcome {
  readonly code: number | null;
  readonly failedTasks: readonly string[];
}

/** Runs targets over projects and prints a line per task, and the output of those that fail. */
export async function runNx(options: RunNxOptions): Promise<NxOutcome> {
  const child = spawn(process.execPath, nxWords(options), {
    cwd: options.root,
    env: { ...options.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its whole group can be ended; Ctrl-C comes by us
  });
  options.onSpawn(child);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));

  let progress = NX_START;
  const unseen: string[] = [];
  const read = async (stream: Readable): Promise<void> => {
    for await (const raw of createInterface({ input: stream })) {
      const line = stripVTControlCharacters(raw).trimEnd();
      if (progress.current === null) unseen.push(line);
      const step = readNxLine(progress, line);
      progress = step.progress;
      if (step.finished !== null) report(step.finished, options.write);
    }
  };
  // nx tells of failed tasks on standard error, after everything else.
  await Promise.all([read(child.stdout), read(child.stderr)]);
  const code = await exited;
  // It failed without naming a task: then what it said outside of all tasks is the cause.
  if (code !== 0 && progress.failed.length === 0) options.write(`${unseen.join('\n')}\n`);
  return { code, failedTasks: progress.failed };
}

function nxWords({ root, targets, projects, skipCache }: RunNxOptions): string[] {
  return [
    join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js'),
    'run-many',
    '-t',
    ...targets,
    ...(projects === null ? [] : ['-p', projects]),
    '--parallel=2',
    '--output-style=static',
    ...(skipCache ? ['--skip-nx-cache'] : []),
  ];
}

function report(task: NxTask, write: (text: string) => void): void {
  write(`${summarise(task)}\n`);
  if (looksFailed(task)) write(`${task.output.map((line) => `  | ${line}`).join('\n')}\n`);
}
