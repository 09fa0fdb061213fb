import { SyncError, type Clock, type CopySession, type Logger } from '@millrace/kernel';

export interface LazySessionOptions {
  readonly open: () => Promise<CopySession>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Closed after so long without use, ms. Default 30 s. */
  readonly idleMs?: number;
  /**
   * Given up when in use for so long without that anything comes to an end or stirs, ms. Default 120 s. Postgres bounds its statements, but nobody
   * answers at all where packets go nowhere, and everyone behind would wait for ever.
   */
  readonly stuckMs?: number;
  /** Default: nobody is told. */
  readonly longUse?: LongUse | null;
}

/** Told of a use that lasts, as often as it says, ms. */
export interface LongUse {
  readonly everyMs: number;
  readonly tell: () => void;
}

/** A session that is open or opening, and how its users learn that it was given up. */
interface Held {
  readonly session: Promise<CopySession>;
  readonly stuck: PromiseWithResolvers<never>;
}

/**
 * A Postgres session that is opened when first needed, opened again after it was lost, and closed after a time without use, so that a
 * sleeping object holds no connection [Z1].
 */
export class LazySession {
  readonly #options: Required<LazySessionOptions>;
  #held: Held | null = null;
  #users = 0;
  #cancelTimer: () => void = () => undefined;
  #cancelTell: () => void = () => undefined;

  constructor(options: LazySessionOptions) {
    this.#options = { idleMs: 30_000, stuckMs: 120_000, longUse: null, ...options };
  }

  /** Runs `work` with the session. An error of `work` is thrown on; nothing is repeated here. Throws `timeout` when the session is given up. */
  async use<T>(work: (session: CopySession) => Promise<T>): Promise<T> {
    this.#users += 1;
    if (this.#users === 1) {
      this.#restartTimer();
      this.#tellLater();
    }
    const { session, stuck } = this.#current();
    try {
      return await Promise.race([session.then(work), stuck.promise]);
    } finally {
      this.#users -= 1;
      this.#restartTimer();
      if (this.#users === 0) this.#cancelTell();
    }
  }

  /** What is under way gets on: it is not stuck, however long it takes. */
  stir(): void {
    if (this.#users > 0) this.#restartTimer();
  }

  async close(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    await held?.session.then((open) => open.close()).catch(() => undefined);
  }

  /** In use, it has to come to an end with something; else it rests for a while and is closed. */
  #restartTimer(): void {
    const { clock, idleMs, stuckMs } = this.#options;
    this.#cancelTimer();
    this.#cancelTimer =
      this.#users > 0 ? clock.after(stuckMs, () => this.#giveUp()) : clock.after(idleMs, () => void this.close());
  }

  #tellLater(): void {
    const { clock, longUse } = this.#options;
    if (!longUse) return;
    this.#cancelTell = clock.after(longUse.everyMs, () => {
      longUse.tell();
      this.#tellLater();
    });
  }

  #giveUp(): void {
    const { log, stuckMs } = this.#options;
    const held = this.#held;
    log.warn('database session given up: it does not answer');
    void this.close();
    held?.stuck.reject(new SyncError('timeout', `Postgres did not answer within ${stuckMs / 1000} s`));
  }

  #current(): Held {
    this.#held ??= this.#hold(this.#options.open());
    return this.#held;
  }

  #hold(session: Promise<CopySession>): Held {
    const held: Held = { session, stuck: Promise.withResolvers<never>() };
    held.stuck.promise.catch(() => undefined); // those who use it hear of it themselves
    session.then(
      (open) => open.ended.then((error) => this.#forget(held, error)),
      () => this.#forget(held, null),
    );
    return held;
  }

  #forget(held: Held, error: Error | null): void {
    if (error) this.#options.log.warn('database session ended', { reason: error.message });
    if (this.#held === held) this.#held = null;
  }
}
