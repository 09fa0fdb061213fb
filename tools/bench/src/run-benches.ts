import { startPostgres } from '@millrace/dev';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText } from '@millrace/kernel';
import type { Bench, BenchContext } from './core/bench.js';
import type { Figure } from './core/figure.js';
import { owned } from './core/owned.js';

export interface RunOptions
  extends Pick<BenchContext, 'quick' | 'rows' | 'say' | 'signal' | 'profiler' | 'inspectorAddress'> {
  readonly benches: readonly Bench[];
  readonly onFigure: (figure: Figure, bench: Bench) => void;
}

/** A bench that could not be finished. */
export interface Failure {
  readonly bench: string;
  readonly message: string;
}

/** One bench after the other, since they share the machine. One that fails does not keep the others from running. */
export async function runBenches(options: RunOptions): Promise<readonly Failure[]> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), settings: SETTINGS });
  resources.defer(() => postgres.stop());

  const failures: Failure[] = [];
  for (const bench of options.benches) {
    options.signal.throwIfAborted();
    const say = (line: string): void => options.say(`${bench.id}: ${line}`);
    try {
      await runBench(bench, { ...options, postgres, folder, say });
    } catch (error) {
      options.signal.throwIfAborted();
      failures.push({ bench: bench.id, message: errorText(error) });
      say(`failed: ${error instanceof Error ? error.stack : errorText(error)}`);
    }
  }
  return failures;
}

/**
 * A bench may be in the middle of a wait when it is broken off, perhaps one that never ends: what it has started is ended under its hands, and
 * nobody waits for it any more.
 */
async function runBench(
  bench: Bench,
  options: Omit<BenchContext, 'own'> & Pick<RunOptions, 'onFigure'>,
): Promise<void> {
  const everything = owned();
  const brokenOff = Promise.withResolvers<never>();
  brokenOff.promise.catch(() => undefined); // nobody may be waiting
  const breakOff = (): void => brokenOff.reject(options.signal.reason);
  options.signal.addEventListener('abort', breakOff, { once: true });
  try {
    const figures = bench.run({ ...options, own: everything.own });
    for (;;) {
      const next = figures.next();
      next.catch(() => undefined); // heard by the race, or of no interest any more
      const { done, value } = await Promise.race([next, brokenOff.promise]);
      if (done === true) return;
      options.onFigure(value, bench);
    }
  } finally {
    options.signal.removeEventListener('abort', breakOff);
    await everything[Symbol.asyncDispose]();
  }
}

/** As it comes, but for room: checkpoints in the middle of one figure and not of the next would be chance. */
const SETTINGS = { max_wal_size: '8GB', checkpoint_timeout: '1h', max_replication_slots: '20', max_wal_senders: '20' };
