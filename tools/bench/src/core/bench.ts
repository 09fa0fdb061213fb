import type { RunningPostgres } from '@millrace/dev';
import type { Figure } from './figure.js';
import type { Owned } from './owned.js';
import type { Profiler } from './profiler.js';

/** What every bench is given. */
export interface BenchContext extends Pick<Owned, 'own'> {
  /** A Postgres of this run alone, on disk and with fsync, as a user's own would be. */
  readonly postgres: RunningPostgres;
  /** Less work: to see that a bench runs, not what it measures. */
  readonly quick: boolean;
  /** Row counts that `--rows` asks for; null: the bench's own. */
  readonly rows: readonly number[] | null;
  /** Profiles of what is measured; it does nothing unless asked for. */
  readonly profiler: Profiler;
  /** Where workerd can be profiled; null: nowhere. */
  readonly inspectorAddress: string | null;
  /** A folder that is removed when the run ends. */
  readonly folder: string;
  /** A line of progress, for people. */
  say(line: string): void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One line of the design's table: work whose figures belong together. */
export interface Bench {
  /** As on the command line: `p2`. */
  readonly id: string;
  readonly title: string;
  /** Yields each figure as soon as it is measured. Whatever it started has ended when it returns or throws. */
  run(context: BenchContext): AsyncGenerator<Figure, void, void>;
}
