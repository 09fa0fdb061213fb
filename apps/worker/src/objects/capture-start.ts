import { LSN_ZERO, must, SyncError, type Clock, type Lsn, type Position } from '@millrace/kernel';
import type { Capture, CaptureStatus } from '@millrace/replication';
import { within } from '../within.js';

export interface CaptureStartOptions {
  readonly capture: Pick<Capture, 'start' | 'stop' | 'settle' | 'head' | 'waitFor' | 'status'>;
  readonly clock: Clock;
  /** Longest wait for capture, ms. */
  readonly waitMs: number;
  /** Runs before capture is started, and again after a start that failed. True: it slept until now, and nobody has waited for what was committed [Z1]. */
  readonly before: () => Promise<boolean>;
  /** Runs after each start, as soon as history's head is known and before anybody is told of it. */
  readonly ready: (head: Position) => void;
}

const SOUND: ReadonlySet<CaptureStatus['capture']['state']> = new Set(['streaming', 'polling']);

/** Starts capture when somebody needs it. */
export class CaptureStart {
  readonly #options: CaptureStartOptions;
  #starting: Promise<void> | null = null;

  constructor(options: CaptureStartOptions) {
    this.#options = options;
  }

  /** Somebody has asked for it, and it has not failed. */
  get asked(): boolean {
    return this.#starting !== null;
  }

  /** The head of history, once capture has proven it continuous. A start that failed is tried again by the next caller. */
  async head(): Promise<Position> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null;
      throw error;
    });
    await this.#starting;
    return must(this.#options.capture.head(), 'capture has started and has no head');
  }

  /** Resolves with the head when everything up to `lsn` is persisted and visible. Throws `timeout`. */
  async waitFor(lsn: Lsn): Promise<Position> {
    await this.head();
    return this.#wait(lsn);
  }

  /** It has begun, reads, and nothing stands in its way. */
  get sound(): boolean {
    return this.asked && SOUND.has(this.#options.capture.status().capture.state);
  }

  /** Resolves when everything that is in the WAL now is persisted and confirmed. Throws where that cannot be known. */
  async settle(): Promise<void> {
    await this.head();
    await this.#options.capture.settle();
  }

  /** Ends capture and its connections; the next caller starts it again. */
  async stop(): Promise<void> {
    this.#starting = null;
    await this.#options.capture.stop();
  }

  async #start(): Promise<void> {
    const { capture, before, ready } = this.#options;
    const rested = await before();
    capture.start({ rested });
    try {
      await this.#wait(LSN_ZERO);
    } catch (cause) {
      throw this.#notBegun(cause);
    }
    ready(must(capture.head(), 'capture has started and has no head'));
  }

  async #wait(lsn: Lsn): Promise<Position> {
    const { capture, clock, waitMs } = this.#options;
    const giveUp = new AbortController();
    try {
      return await within(clock, waitMs, 'the wait for capture', capture.waitFor(lsn, giveUp.signal));
    } finally {
      giveUp.abort();
    }
  }

  #notBegun(cause: unknown): SyncError {
    const { state, detail } = this.#options.capture.status().capture;
    const why = detail ?? 'it is still starting';
    if (state === 'misconfigured') return new SyncError('database-misconfigured', why, { cause });
    return new SyncError('database-unavailable', `capture has not begun (${state}): ${why}`, { cause });
  }
}
