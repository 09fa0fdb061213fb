import type { CopySession, Logger } from '@millrace/kernel';

/**
 * A Postgres session that is opened when first needed, opened again after it was lost, and closed after a time without use, so that a
 * sleeping object holds no connection [Z1].
 */
export class LazySession {
  readonly #open: () => Promise<CopySession>;
  readonly #log: Logger;
  readonly #idleMs: number;
  #session: Promise<CopySession> | null = null;
  #users = 0;
  #idleTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(open: () => Promise<CopySession>, log: Logger, idleMs = 30_000) {
    this.#open = open;
    this.#log = log;
    this.#idleMs = idleMs;
  }

  /** Runs `work` with the session. An error of `work` is thrown on; nothing is repeated here. */
  async use<T>(work: (session: CopySession) => Promise<T>): Promise<T> {
    this.#users += 1;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    try {
      return await work(await this.#current());
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#idleTimer = setTimeout(() => void this.close(), this.#idleMs);
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.then((open) => open.close()).catch(() => undefined);
  }

  #current(): Promise<CopySession> {
    if (!this.#session) {
      const opening = this.#open();
      this.#session = opening;
      opening.then(
        (session) => session.ended.then((error) => this.#forget(opening, error)),
        () => this.#forget(opening, null),
      );
    }
    return this.#session;
  }

  #forget(opening: Promise<CopySession>, error: Error | null): void {
    if (error) this.#log.warn('database session ended', { reason: error.message });
    if (this.#session === opening) this.#session = null;
  }
}
