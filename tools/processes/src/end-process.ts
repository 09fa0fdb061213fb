import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './process-identity.js';
import type { ProcessRef } from './process-identity.js';

/** One rung of a ladder: the signal to send and how long to wait for the process to go before the next one. */
export interface SignalStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** For a build or any other child that holds no data. */
export const CHILD_LADDER: readonly SignalStep[] = [
  { signal: 'SIGTERM', waitMs: 1_000 },
  { signal: 'SIGKILL', waitMs: 10_000 },
];

const LOOK_EVERY_MS = 15;

/**
 * Ends one process, step by step, and resolves when it is gone. Works for children and for orphans alike, which
 * is why it looks at the process table instead of waiting for an exit event.
 * @throws Error if the process outlives the whole ladder
 */
export async function endProcess(ref: ProcessRef, ladder: readonly SignalStep[]): Promise<void> {
  for (const { signal, waitMs } of ladder) {
    if (!isAlive(ref)) return;
    sendSignal(ref.pid, signal);
    if (await isGoneWithin(ref, waitMs)) return;
  }
  if (isAlive(ref)) throw new Error(`process ${ref.pid} could not be ended, not even by SIGKILL`);
}

/** Sends a signal; a process that has just gone is no fault. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGoneWithin(ref: ProcessRef, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (isAlive(ref)) {
    if (performance.now() >= deadline) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}
