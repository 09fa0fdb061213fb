import { SyncError, errorText, type Clock, type CopySession, type Logger } from '@millrace/kernel';

/** How long one reading may lock its tables and keep old row versions from being cleaned away [S1]. */
export interface ReadBounds {
  /** Without that anything is read or stored, ms. Default 60 s. */
  readonly idleMs: number;
  /** In all, ms. Default 30 min. */
  readonly mostMs: number;
}

export const READ_BOUNDS: ReadBounds = { idleMs: 60_000, mostMs: 30 * 60_000 };

/** So soon a reading notices that it stands in the way, ms: before a migration's `lock_timeout` of 2 s is over. */
const POLL_MS = 1_000;
/** What watches the session hears of progress no more often than this, ms. */
const TELL_MS = 1_000;

export interface WatchedReading {
  readonly session: Pick<CopySession, 'close'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds: ReadBounds;
  /** For the error: `table x`. */
  readonly what: string;
  /**
   * Whether somebody wants to change these tables. Asked on another connection while the session reads, which cannot ask: its snapshot is of before.
   */
  readonly inTheWay: () => Promise<boolean>;
  /** Called now and then while the reading gets on: whoever watches the session knows by it that it is not stuck. */
  readonly onProgress: () => void;
}

/**
 * Runs `work` on the session for as long as it gets on, of which it tells by calling `progress`. A large table on a slow link takes as long as it
 * takes, and its ACCESS SHARE lock hinders nobody but who would change the table; so what ends it early is that it stands still, that somebody does
 * want to change the table, or that nobody can say whether they do. The session is closed then, whatever it waits for.
 *
 * @throws SyncError `timeout` if it stood still or took too long in all, `snapshot-failed` if it made way
 */
export async function watchReading<T>(reading: WatchedReading, work: (progress: () => void) => Promise<T>): Promise<T> {
  const { session, clock, bounds, what } = reading;
  const ended = new AbortController();
  let reason: SyncError | null = null;
  const stop = (error: SyncError) => {
    if (reason !== null || ended.signal.aborted) return;
    reason = error;
    session.close().catch(() => undefined);
  };
  const cancelMost = clock.after(bounds.mostMs, () =>
    stop(new SyncError('timeout', `${what} was not read within ${bounds.mostMs} ms: it cannot stay locked for longer`)),
  );
  const standstill = silence(clock, bounds.idleMs, () =>
    stop(new SyncError('timeout', `reading ${what} stood still for ${bounds.idleMs} ms`)),
  );
  void makeWay(reading, ended.signal, stop);
  let told = clock.now();
  try {
    return await work(() => {
      standstill.over();
      if (clock.now() - told < TELL_MS) return;
      told = clock.now();
      reading.onProgress();
    });
  } catch (cause) {
    // Assigned by callbacks, of which the compiler knows nothing.
    const stopped = reason as SyncError | null;
    throw stopped === null ? cause : new SyncError(stopped.code, stopped.message, { cause });
  } finally {
    ended.abort();
    cancelMost();
    standstill.cancel();
  }
}

/** Looks again and again whether somebody waits for the tables, until `ended`. */
async function makeWay(
  { clock, logger, bounds, what, inTheWay }: WatchedReading,
  ended: AbortSignal,
  stop: (error: SyncError) => void,
): Promise<void> {
  // Nobody must wait for us unseen.
  const unheard = silence(clock, bounds.idleMs, () =>
    stop(new SyncError('timeout', `for ${bounds.idleMs} ms nobody could say whether ${what} is wanted otherwise`)),
  );
  ended.addEventListener('abort', () => unheard.cancel(), { once: true });
  while (await rested(clock, ended)) {
    try {
      if (await inTheWay())
        stop(new SyncError('snapshot-failed', `${what} is about to be changed, which goes first: try again`));
      unheard.over();
    } catch (error) {
      logger.debug('whether a reading stands in the way is not known', { what, reason: errorText(error) });
    }
  }
}

/** False when the reading has ended. */
async function rested(clock: Clock, ended: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(POLL_MS, ended);
  } catch {
    return false; // only the signal ends a sleep
  }
  return !ended.aborted;
}

/** Calls `tooLong` when `ms` have passed without `over`. One timer, however often that is called. */
function silence(clock: Clock, ms: number, tooLong: () => void): { over(): void; cancel(): void } {
  let since = clock.now();
  let cancel: () => void = () => undefined;
  const watch = (left: number) => {
    cancel = clock.after(left, () => {
      const rest = since + ms - clock.now();
      if (rest > 0) watch(rest);
      else tooLong();
    });
  };
  watch(ms);
  return {
    over: () => {
      since = clock.now();
    },
    cancel: () => cancel(),
  };
}
