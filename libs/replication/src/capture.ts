import {
  readEpochs,
  readRange,
  type HistoryTransaction,
  type RecordedCatalogue,
  type RecordedStep,
} from '@millrace/change-history';
import {
  SyncError,
  backoffDelay,
  errorText,
  formatLsn,
  maxLsn,
  positionEquals,
  type Lsn,
  type Position,
  type SqlSession,
} from '@millrace/kernel';
import { schemaBehind } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { Capture, CaptureOptions, EpochListener, PersistedListener } from './capture-options.js';
import { createHealth, RECOVERED_AFTER_MS } from './health.js';
import { createLsnWaiters } from './lsn-waiters.js';
import { createNapper } from './nap.js';
import { commitTimeMs } from './pgoutput/commit-time.js';
import { createPoisonCounter, quarantine, type PoisonError } from './poison.js';
import type { PumpObserver } from './pump.js';
import { RenewSession } from './renew.js';
import { runSession, type SessionOptions } from './session.js';
import { catalogText } from './slot/known-columns.js';
import { openHistory, type OpenedHistory } from './slot/open-history.js';
import type { PublicationOptions } from './slot/publication.js';
import { identityIssues, type IdentityIssue } from './slot/replica-identity.js';
import { readSlot } from './slot/slot-facts.js';

const DEFAULTS = {
  slot: 'millrace',
  publication: 'millrace',
  decoder: 'pgoutput',
  pollMs: 1_000,
  idleConfirmMs: 10_000,
  renewMs: 5 * 60_000,
  catalogMs: 60_000,
} as const;
/** A slot that its last reader still holds is asked for often: the old walsender is gone within moments, and each moment is lag. */
const BUSY_RETRY_MS = 1_000;
/** How long {@link Capture.waitFor} waits for the WAL to move by itself before it moves it. */
const WAIT_FOR_WAL_MS = 100;

export function createCapture(given: CaptureOptions): Capture {
  const options: Required<CaptureOptions> = { ...DEFAULTS, ...given };
  return new CaptureLoop(options);
}

interface OpenStream {
  readonly openedAt: number;
  readonly renew: AbortController;
  /** What the catalog said of the synced tables when it was opened. */
  readonly catalog: string;
  catalogSeenAt: number;
}

class CaptureLoop implements Capture {
  readonly #options: Required<CaptureOptions>;
  readonly #health;
  readonly #waiters = createLsnWaiters();
  readonly #pollNap;
  readonly #backoffNap;
  readonly #persisted = new Set<PersistedListener>();
  readonly #epochs = new Set<EpochListener>();
  readonly #reported = new Set<string>();
  #givenUp: PoisonError | null = null;
  #head: Position | null = null;
  #schema: SchemaMeta;
  /** As it is at the head. */
  #catalogue: RecordedCatalogue | null = null;
  #passed: Lsn | null = null;
  #sql: SqlSession | null = null;
  #stream: OpenStream | null = null;
  /** What could not get past us, until history has got past it. */
  readonly #skips = new Map<Lsn, 'rows' | 'all'>();
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;

  constructor(options: Required<CaptureOptions>) {
    this.#options = options;
    this.#schema = options.schema;
    this.#health = createHealth(options);
    this.#pollNap = createNapper(options.clock);
    this.#backoffNap = createNapper(options.clock);
  }

  start(): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#health.become('starting');
    this.#running = { stop, ended: this.#loop(stop.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.stop.abort(new SyncError('closed', 'capture was stopped'));
    await running.ended;
    if (this.#running === running) this.#running = null;
    this.#waiters.fail(new SyncError('closed', 'capture was stopped'));
    this.#health.become('asleep');
  }

  tick(): void {
    if (!this.#running) return;
    this.#backoffNap.wake();
    this.#renewIfOld();
    void this.#refreshSlot();
    void this.#watchCatalog();
    void this.#moveWal();
  }

  #renewIfOld(): void {
    const { clock, renewMs } = this.#options;
    const stream = this.#stream;
    if (stream && clock.now() - stream.openedAt >= renewMs) stream.renew.abort(new RenewSession());
  }

  nudge(): void {
    this.#pollNap.wake();
  }

  status() {
    return this.#health.status(this.#head);
  }

  head(): Position | null {
    return this.#head;
  }

  catalogue(): RecordedCatalogue | null {
    return this.#catalogue;
  }

  waitFor(lsn: Lsn, signal?: AbortSignal): Promise<Position> {
    if (!this.#running) return Promise.reject(new SyncError('closed', 'capture is not running'));
    if (this.#head && this.#passed !== null && this.#passed >= lsn) return Promise.resolve(this.#head);
    const waiting = this.#waiters.wait(lsn, signal);
    this.nudge();
    this.#options.clock.after(WAIT_FOR_WAL_MS, () => void this.#moveWal());
    return waiting;
  }

  onPersisted(listener: PersistedListener): () => void {
    this.#persisted.add(listener);
    return () => this.#persisted.delete(listener);
  }

  onEpoch(listener: EpochListener): () => void {
    this.#epochs.add(listener);
    return () => this.#epochs.delete(listener);
  }

  /** One session after the other, until stopped. */
  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, logger, random } = this.#options;
    const poison = createPoisonCounter();
    let failures = 0;
    while (!signal.aborted) {
      const began = clock.now();
      try {
        await this.#session(signal);
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof RenewSession) continue;
        const givenUp = poison.givenUp(error);
        if (givenUp) this.#givenUp = givenUp;
        failures = clock.now() - began > RECOVERED_AFTER_MS ? 0 : failures;
        const code = error instanceof SyncError ? error.code : 'internal';
        logger.warn('capture was interrupted', { code, error: errorText(error), failures });
        this.#health.become(code === 'database-misconfigured' ? 'misconfigured' : 'backoff', errorText(error));
        const ceiling = code === 'slot-busy' ? { maxMs: BUSY_RETRY_MS } : {};
        await this.#backoffNap.nap(backoffDelay(failures++, random, ceiling), signal).catch(() => undefined);
      }
    }
  }

  async #session(signal: AbortSignal): Promise<never> {
    const sql = await this.#options.openSql();
    this.#sql = sql;
    try {
      if (this.#givenUp) await this.#quarantine(sql, this.#givenUp);
      const opened = await openHistory(sql, this.#options);
      this.#health.become('starting');
      await this.#announce(sql, opened);
      const renew = new AbortController();
      const openedAt = this.#options.clock.now();
      const catalog = await catalogText(sql, this.#publication(opened.schema));
      this.#stream = { openedAt, renew, catalog, catalogSeenAt: openedAt };
      return await runSession(sql, opened, this.#sessionOptions(AbortSignal.any([signal, renew.signal])));
    } finally {
      this.#sql = null;
      this.#stream = null;
      await sql.close();
    }
  }

  /** A transaction that nothing gets past is kept; fill marks of its tables take its place, so that every client reads those anew [C9]. */
  async #quarantine(sql: SqlSession, givenUp: PoisonError): Promise<void> {
    const { commitLsn, tables } = givenUp.transaction;
    this.#options.logger.error('a transaction is put into quarantine', {
      commitLsn: formatLsn(commitLsn),
      tables,
      reason: givenUp.message,
    });
    await quarantine(sql, this.#options.slot, givenUp);
    const again = this.#skips.has(commitLsn);
    this.#skips.set(commitLsn, again ? 'all' : 'rows');
    this.#givenUp = null;
    if (!again) this.#health.quarantined();
  }

  /** Tells of a new epoch, or of what was persisted right before the last session broke off: listeners never miss a stretch [D1]. */
  async #announce(sql: SqlSession, opened: OpenedHistory): Promise<void> {
    const { position } = opened.head;
    this.#health.sawSlot(opened.slot);
    this.#health.sawEpochs(await readEpochs(sql, this.#options.slot));
    for (const issue of await identityIssues(sql, opened.schema)) this.#reportIdentity(issue);
    const { atHead, schema } = opened;
    // Where no step was taken yet, a later one may tell what was there before a server that was built anew.
    this.#catalogue = atHead.steps.length > 0 ? atHead : { compiled: schema, steps: [] };
    this.#schema = schema;
    const known = this.#head;
    if (opened.cause !== null || (known && known.epoch !== position.epoch)) {
      this.#skips.clear();
      this.#head = position;
      this.#reach(opened.head.lastEndLsn);
      this.#options.logger.warn('a new epoch has begun', {
        cause: opened.cause,
        epoch: position.epoch,
        seq: position.seq,
      });
      for (const listener of this.#epochs) listener({ cause: opened.cause ?? 'first-start', head: position });
      return;
    }
    let from = known ?? position;
    while (!positionEquals(from, position)) {
      const range = await readRange(sql, from, position);
      this.#advance(range.transactions, range.from, range.to);
      from = range.to;
    }
    this.#head = position;
    this.#reach(opened.head.lastEndLsn);
  }

  #reach(lsn: Lsn): void {
    this.#passed = this.#passed === null ? lsn : maxLsn(this.#passed, lsn);
    if (this.#head) this.#waiters.passed(this.#passed, this.#head);
  }

  #advance(transactions: readonly HistoryTransaction[], from: Position, to: Position): void {
    this.#head = to;
    const changes = transactions.reduce((sum, { firstSeq, position }) => sum + Number(position.seq - firstSeq) + 1, 0);
    const last = transactions.at(-1);
    if (last) this.#forgetSkips(last.commitLsn);
    if (last) this.#health.persisted({ transactions: transactions.length, changes }, commitTimeMs(last.commitTime));
    for (const listener of this.#persisted) listener(transactions, from, to);
  }

  /** Another session follows: it looks how the tables that the schema names now are published, and by which columns [C1, M4]. */
  #stepped(steps: readonly RecordedStep[]): void {
    const catalogue = this.#catalogue;
    const last = catalogue?.steps.at(-1)?.ordinal ?? -1n;
    if (catalogue)
      this.#catalogue = { ...catalogue, steps: [...catalogue.steps, ...steps.filter(({ ordinal }) => ordinal > last)] };
    this.#schema = steps.reduce<SchemaMeta>(schemaBehind, this.#schema);
    for (const { migration, direction } of steps)
      this.#options.logger.info('the schema has changed', { migration: migration.name, direction });
    this.#stream?.renew.abort(new RenewSession());
  }

  #publication(schema: SchemaMeta): PublicationOptions {
    return { publication: this.#options.publication, schema };
  }

  #forgetSkips(passed: Lsn): void {
    for (const commitLsn of this.#skips.keys()) if (commitLsn <= passed) this.#skips.delete(commitLsn);
  }

  #sessionOptions(signal: AbortSignal): SessionOptions {
    const working = this.#options.reader === 'stream' ? 'streaming' : 'polling';
    const observer: PumpObserver = {
      stepped: (steps) => this.#stepped(steps),
      persisted: (transactions, from, to) => this.#advance(transactions, from, to),
      passed: (lsn) => this.#reach(lsn),
      gateWaiting: (waiting) =>
        this.#health.become(
          waiting ? 'gate-waiting' : working,
          waiting ? 'a committed transaction is not visible yet' : undefined,
        ),
    };
    return {
      ...this.#options,
      observer,
      skips: this.#skips,
      napper: this.#pollNap,
      reading: () => this.#health.become(working),
      reportUnknown: (table, column) => this.#reportUnknown(table, column),
      redescribed: () => void this.#watchCatalog(0),
      signal,
    };
  }

  #reportIdentity({ table, identity }: IdentityIssue): void {
    if (this.#reported.has(`identity of ${table}`)) return;
    this.#reported.add(`identity of ${table}`);
    this.#options.logger.warn(`a synced table is not replica identity full: alter table … replica identity full`, {
      table,
      identity,
    });
  }

  /** Once for each name, since a relation is described again with every reconnect and poll [C3]. */
  #reportUnknown(table: string, column: string | null): void {
    const name = column === null ? table : `${table}.${column}`;
    if (this.#reported.has(name)) return;
    this.#reported.add(name);
    this.#options.logger.warn('the stream has something that the schema does not list: it is dropped', { name });
  }

  async #refreshSlot(): Promise<void> {
    const sql = this.#sql;
    if (!sql) return;
    try {
      const slot = await readSlot(sql, this.#options.slot);
      if (slot) this.#health.sawSlot(slot);
    } catch (error) {
      this.#options.logger.debug('the slot could not be read for the status', { error: errorText(error) });
    }
  }

  /** A table that nobody writes to is not in the stream, however it was altered: a new session looks into it, and asks for what is needed [M4]. */
  async #watchCatalog(everyMs = this.#options.catalogMs): Promise<void> {
    const { clock, logger } = this.#options;
    const [sql, stream] = [this.#sql, this.#stream];
    if (!sql || !stream || clock.now() - stream.catalogSeenAt < everyMs) return;
    stream.catalogSeenAt = clock.now();
    try {
      if ((await catalogText(sql, this.#publication(this.#schema))) !== stream.catalog)
        stream.renew.abort(new RenewSession());
    } catch (error) {
      logger.debug('the catalog could not be looked at', { error: errorText(error) });
    }
  }

  /** An idle server leaves the last part of its WAL unwritten, and no reader passes it then: an empty commit pushes it out. */
  async #moveWal(): Promise<void> {
    const sql = this.#sql;
    if (!sql || !this.#waiters.waiting) return;
    try {
      await sql.query("select pg_logical_emit_message(true, 'millrace', '')");
      this.nudge();
    } catch (error) {
      this.#options.logger.debug('the WAL could not be moved for a waiting reader', { error: errorText(error) });
    }
  }
}
