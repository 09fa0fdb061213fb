import { sendSignal } from '@millrace/processes';
import { readTree } from './core/process-table.js';

/** So long may it take to end what was started, before it is killed. */
const PATIENCE_MS = 30_000;

/**
 * Turns Ctrl-C into an orderly end: the signal is aborted, what waits for it gives up, and everything that was started is ended by its
 * owner on the way out. One Ctrl-C arrives twice, from the terminal and passed on by npm.
 */
export function listenForStop(say: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted) return;
    say(`${name}: ending what was started`);
    process.exitCode = 130;
    setTimeout(endHard, PATIENCE_MS).unref();
    stopping.abort(new Error('stopped'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name));
  return stopping.signal;
}

/** Nothing that we started may outlive us. */
function endHard(): void {
  for (const { pid } of readTree(process.pid)) if (pid !== process.pid) sendSignal(pid, 'SIGKILL');
  process.exit(130);
}
