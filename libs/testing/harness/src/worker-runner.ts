import { setTimeout as sleep } from 'node:timers/promises';
import { WORKERD_LADDER, keepRunning } from '@millrace/dev';
import type { RunningWorkerd } from '@millrace/dev';
import type { ChildHandle } from '@millrace/processes';
import { createGate } from './gate.js';

/** A workerd that a test may kill, and that comes back. */
export interface WorkerRunner {
  readonly url: string;
  /** Of the workerd that runs now, or ran last. */
  pid(): number;
  /** Ends it as a crash would; resolves when it is gone. */
  kill9(): Promise<void>;
  /** Resolves when it listens: now, or after the next start. Rejects if it was given up. */
  listening(): Promise<void>;
  /** Starts it again on the same objects and port; only where it does not come back by itself. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkerRunnerOptions {
  /** Starts workerd on a port, 0 being any free one. */
  readonly launch: (port: number, onSpawn: (child: ChildHandle) => void) => Promise<RunningWorkerd>;
  /** It comes back by itself, as under `npm start`. */
  readonly restart: boolean;
  readonly logFile: string;
}

/** Starts workerd and resolves when it listens. */
export async function runWorker({ launch, restart, logFile }: WorkerRunnerOptions): Promise<WorkerRunner> {
  const gate = createGate();
  const stopping = new AbortController();
  let latest: ChildHandle | null = null;
  const launchTracked = (port: number, onSpawn?: (child: ChildHandle) => void): Promise<RunningWorkerd> =>
    launch(port, (child) => {
      latest = child;
      onSpawn?.(child);
    });

  let current = await launchTracked(0);
  const { url, port } = current;
  const relaunch = async (onSpawn?: (child: ChildHandle) => void): Promise<RunningWorkerd> => {
    current = await launchTracked(port, onSpawn);
    gate.open();
    return current;
  };
  if (restart) {
    keepRunning(current, {
      name: 'workerd',
      start: relaunch,
      stopping: stopping.signal,
      onDeath: gate.shut,
      onUp: () => undefined,
      logFile,
      now: () => performance.now(),
      sleep: (milliseconds) => sleep(milliseconds),
    }).catch(gate.fail);
  }
  return {
    url,
    pid: () => current.pid,
    kill9: async () => {
      gate.shut();
      await current.kill9();
    },
    listening: gate.passed,
    start: async () => void (await relaunch()),
    stop: async () => {
      stopping.abort();
      await latest?.end(WORKERD_LADDER);
    },
  };
}
