import { errorText, parseLsn, type Lsn, type SqlSession } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { CaptureOptions } from './capture-options.js';
import type { Health } from './health.js';
import { RenewSession } from './renew.js';
import { catalogText } from './slot/known-columns.js';
import { readSlot } from './slot/slot-facts.js';

/** How long, and how often, it is looked whether Postgres has taken in where the slot is to be. */
const CONFIRMED_WITHIN_MS = 5_000;
const CONFIRMED_EVERY_MS = 20;

export interface SessionWatchOptions extends Required<CaptureOptions> {
  /** In force where the session begins. */
  readonly schema: SchemaMeta;
  readonly sql: SqlSession;
  readonly health: Pick<Health, 'sawSlot'>;
}

/** Looks after one open session of capture: what becomes old is renewed, what has changed beside the stream is found. A look that fails is no failure of the session. */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #openedAt: number;
  readonly #renew = new AbortController();
  /** What the catalog said of the synced tables when the session was opened. */
  readonly #catalog: string;
  #catalogSeenAt: number;

  static async open(options: SessionWatchOptions): Promise<SessionWatch> {
    return new SessionWatch(options, await catalogText(options.sql, options));
  }

  private constructor(options: SessionWatchOptions, catalog: string) {
    this.#options = options;
    this.#openedAt = options.clock.now();
    this.#catalog = catalog;
    this.#catalogSeenAt = this.#openedAt;
  }

  /** Aborts, with {@link RenewSession}, when the session is to be opened anew. */
  get renewed(): AbortSignal {
    return this.#renew.signal;
  }

  renew(): void {
    this.#renew.abort(new RenewSession());
  }

  look(): void {
    this.#renewIfOld();
    void this.#refreshSlot();
    void this.lookAtCatalog();
  }

  /** A table that nobody writes to is not in the stream, however it was altered: a new session looks into it, and asks for what is needed [M4]. */
  async lookAtCatalog(everyMs = this.#options.catalogMs): Promise<void> {
    const { clock, sql } = this.#options;
    if (clock.now() - this.#catalogSeenAt < everyMs) return;
    this.#catalogSeenAt = clock.now();
    await this.#quietly('the catalog could not be looked at', async () => {
      if ((await catalogText(sql, this.#options)) !== this.#catalog) this.renew();
    });
  }

  /** An idle server leaves the last part of its WAL unwritten, and no reader passes it then: an empty commit pushes it out. */
  async moveWal(): Promise<void> {
    await this.#quietly('the WAL could not be moved for a waiting reader', () =>
      this.#options.sql.query("select pg_logical_emit_message(true, 'millrace', '')"),
    );
  }

  /** The end of the WAL: every commit so far lies below it. */
  async walEnd(): Promise<Lsn> {
    const { rows } = await this.#options.sql.query('select pg_current_wal_insert_lsn()::text as lsn');
    return parseLsn(rows[0]?.['lsn'] as string);
  }

  /** Resolves when the slot has moved to `lsn`, as far as Postgres says; or after a while: a stream is not told of it. */
  async slotFollows(lsn: Lsn): Promise<void> {
    const { clock, sql, slot, health } = this.#options;
    const until = clock.now() + CONFIRMED_WITHIN_MS;
    for (;;) {
      const facts = await readSlot(sql, slot);
      if (facts) health.sawSlot(facts);
      if ((facts?.confirmedFlushLsn ?? lsn) >= lsn || clock.now() >= until) return;
      await clock.sleep(CONFIRMED_EVERY_MS);
    }
  }

  #renewIfOld(): void {
    const { clock, renewMs } = this.#options;
    if (clock.now() - this.#openedAt >= renewMs) this.renew();
  }

  async #refreshSlot(): Promise<void> {
    const { sql, slot, health } = this.#options;
    await this.#quietly('the slot could not be read for the status', async () => {
      const facts = await readSlot(sql, slot);
      if (facts) health.sawSlot(facts);
    });
  }

  async #quietly(what: string, look: () => Promise<unknown>): Promise<void> {
    try {
      await look();
    } catch (error) {
      this.#options.logger.debug(what, { error: errorText(error) });
    }
  }
}
