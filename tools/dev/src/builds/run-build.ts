import { UserError, logSince, markLog, spawnChild } from '@millrace/processes';
import type { ChildHandle } from '@millrace/processes';

export interface RunBuildOptions {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Called as soon as there is a process, so that a stop in the middle of the build can end it. */
  readonly onSpawn?: ((child: ChildHandle) => void) | undefined;
}

const SHOWN_LINES = 30;

/**
 * Runs a build tool to its end; its output goes to the log.
 * @throws UserError with the last lines of its output
 */
export async function runBuild(options: RunBuildOptions): Promise<void> {
  const mark = markLog(options.logFile);
  const child = spawnChild({ ...options, env: { ...process.env, ...options.env } });
  options.onSpawn?.(child);
  const { code, signal } = await child.exited;
  if (code === 0) return;
  throw new UserError(`${options.title} failed (${signal ?? `exit code ${code}`})`, {
    why: logSince(mark, SHOWN_LINES),
    wayOut: ['mend what it names; if nothing was changed here, `npm ci` restores the tools it uses'],
  });
}
