import { UserError } from '@millrace/processes';
import type { ChildHandle, ExitStatus } from '@millrace/processes';
import { FIRST_LIFE, afterDeath } from './restart-policy.js';
import type { Life } from './restart-policy.js';

/** A process that listens, as far as its keeper cares. */
export interface Listening {
  readonly exited: Promise<ExitStatus>;
}

export interface KeepRunningOptions<P extends Listening> {
  /** What it is, for people. */
  readonly name: string;
  /** Starts it and resolves when it listens; hands over the child as soon as there is one. */
  readonly start: (onSpawn: (child: ChildHandle) => void) => Promise<P>;
  /** Aborted when an orderly stop begins: then a death is no news. */
  readonly stopping: AbortSignal;
  /** @param words how it ended, for people */
  readonly onDeath: (words: string, delayMs: number) => void;
  /** It listens again. */
  readonly onUp: (running: P) => void;
  /** Where the cause is to be found. */
  readonly logFile: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A life and how it ended, for people. */
interface ToldLife extends Life {
  readonly words: string;
}

/**
 * Keeps a process running: starts it again whenever it dies, until an orderly stop begins.
 * @param first it listens already
 * @throws UserError when it keeps dying by its own fault
 */
export async function keepRunning<P extends Listening>(first: P, options: KeepRunningOptions<P>): Promise<void> {
  let state = FIRST_LIFE;
  let life = await lifeOf(first, options);
  while (!options.stopping.aborted) {
    const next = afterDeath(state, life);
    state = next.state;
    if (next.decision.kind === 'give-up') throw keepsDying(options, life.words);

    options.onDeath(life.words, next.decision.delayMs);
    await options.sleep(next.decision.delayMs);
    if (options.stopping.aborted) return;
    life = await nextLife(options);
  }
}

async function nextLife<P extends Listening>(options: KeepRunningOptions<P>): Promise<ToldLife> {
  const spawned: ChildHandle[] = [];
  try {
    const running = await options.start((child) => spawned.push(child));
    options.onUp(running);
    return await lifeOf(running, options);
  } catch (error) {
    const status = (await spawned[0]?.exited) ?? { code: null, signal: null };
    return { listenedMs: null, status, words: (error as Error).message };
  }
}

async function lifeOf(running: Listening, { now }: { now: () => number }): Promise<ToldLife> {
  const since = now();
  const status = await running.exited;
  return { listenedMs: now() - since, status, words: status.signal ?? `exit code ${status.code}` };
}

function keepsDying({ name, logFile }: { name: string; logFile: string }, words: string): UserError {
  return new UserError(`${name} keeps dying and is given up`, {
    why: words,
    wayOut: [`its log tells more: ${logFile}`, 'mend the cause, then run npm start again'],
  });
}
