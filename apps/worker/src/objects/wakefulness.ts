import { errorText, type Clock, type Logger, type Lsn, type Position } from '@millrace/kernel';
import {
  initialSleepState,
  nextAlarmAt,
  sleepStep,
  type Sleep,
  type SleepBounds,
  type SleepEffect,
  type SleepEvent,
  type SleepState,
} from '@millrace/replication';
import type { CaptureStart } from './capture-start.js';

export interface WakefulnessOptions {
  readonly start: Pick<CaptureStart, 'head' | 'waitFor' | 'settle' | 'stop' | 'sound'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bounds: SleepBounds;
  /** How often the alarm rings while capture runs, ms. */
  readonly watchMs: number;
  /** Since when, and until when, it slept when the object was started. */
  readonly stored: Sleep | null;
  /** Registered clients. */
  readonly clients: number;
  /** Stores it, and sets the alarm for its end; resolves when a crash would find both. Before any connection is closed. */
  readonly remember: (sleep: Sleep) => Promise<void>;
}

/** Holds capture open for those who need it, and lets go of Postgres when nobody has for a while [Z1]: the pure step decides, this performs. */
export class Wakefulness {
  readonly #options: WakefulnessOptions;
  #state: SleepState;
  /** Connections are being closed; never rejects. */
  #closing: Promise<void> = Promise.resolve();

  constructor(options: WakefulnessOptions) {
    this.#options = options;
    const { stored, clients, clock } = options;
    this.#state = initialSleepState(stored, { clients, now: clock.now() });
  }

  /** Set while it sleeps. */
  get sleep(): Sleep | null {
    const { phase } = this.#state;
    return phase.kind === 'asleep' ? phase.sleep : null;
  }

  /** Whether capture is wanted just now, by whom ever. */
  get awake(): boolean {
    return this.#state.phase.kind === 'awake';
  }

  /** The head of history, once capture has proven it continuous; wakes it. */
  head(): Promise<Position> {
    return this.#call((start) => start.head());
  }

  /** Resolves with the head when everything up to `lsn` is persisted and visible; wakes it. Throws `timeout`. */
  waitFor(lsn: Lsn): Promise<Position> {
    return this.#call((start) => start.waitFor(lsn));
  }

  /** So many clients are registered. */
  clients(count: number): void {
    this.#handle({ kind: 'clients', count, now: this.#now() });
  }

  /** For the alarm. Never throws. */
  tick(): void {
    this.#handle({ kind: 'tick', sound: this.#options.start.sound, now: this.#now() });
  }

  /** When the alarm has to ring next, ms since 1970. */
  get nextAlarmAt(): number {
    const { bounds, watchMs } = this.#options;
    return nextAlarmAt(this.#state, bounds, { now: this.#now(), watchMs });
  }

  /** Whoever calls while connections are being closed waits until they are: the slot has one reader at a time. */
  async #call<T>(work: (start: WakefulnessOptions['start']) => Promise<T>): Promise<T> {
    this.#handle({ kind: 'called', now: this.#now() });
    try {
      await this.#closing;
      return await work(this.#options.start);
    } finally {
      this.#handle({ kind: 'answered', now: this.#now() });
    }
  }

  #handle(event: SleepEvent): void {
    const { state, effects } = sleepStep(this.#state, event, this.#options.bounds);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SleepEffect): void {
    if (effect.kind === 'open') void this.#open();
    else if (effect.kind === 'settle') void this.#settle(effect.turn);
    else this.#closing = this.#close(effect.sleep);
  }

  /** A start that fails is told to those who wait for it, and tried again by the alarm. */
  async #open(): Promise<void> {
    const { start, log } = this.#options;
    await start.head().catch((error: unknown) => log.warn('capture has not begun', { reason: errorText(error) }));
  }

  async #settle(turn: number): Promise<void> {
    const { start, log } = this.#options;
    try {
      await start.settle();
      this.#handle({ kind: 'settled', turn, now: this.#now() });
    } catch (error) {
      log.warn('capture could not come to rest', { reason: errorText(error) });
      this.#handle({ kind: 'settle-failed', turn });
    }
  }

  /** What was not stored is not done: without its alarm, sleep would have no end. */
  async #close(sleep: Sleep): Promise<void> {
    const { start, log, remember } = this.#options;
    try {
      await remember(sleep);
      await start.stop();
      log.info('asleep: nobody is connected', { until: new Date(sleep.nextLookAt).toISOString() });
    } catch (error) {
      log.error('capture could not be put to sleep', { reason: errorText(error) });
      this.#handle({ kind: 'called', now: this.#now() });
      this.#handle({ kind: 'closed' });
      this.#handle({ kind: 'answered', now: this.#now() });
      return;
    }
    this.#handle({ kind: 'closed' });
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
