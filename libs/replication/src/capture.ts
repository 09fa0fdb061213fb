import { readEpochs, type RecordedCatalogue, type RecordedStep } from '@millrace/change-history';
import {
  SyncError,
  backoffDelay,
  errorText,
  formatLsn,
  portableHash,
  type Lsn,
  type Position,
  type SqlSession,
} from '@millrace/kernel';
import type { Capture, CaptureOptions, EpochListener, PersistedListener } from './capture-options.js';
import { CaptureProgress } from './capture-progress.js';
import { createHealth, RECOVERED_AFTER_MS } from './health.js';
import { createNapper } from './nap.js';
import { OnceReports } from './once-reports.js';
import { createPoisonCounter, quarantine, type PoisonError } from './poison.js';
import type { PumpObserver } from './pump.js';
import { RenewSession } from './renew.js';
import { SessionWatch } from './session-watch.js';
import { runSession, type Confirm, type SessionOptions } from './session.js';
import { openHistory, type OpenedHistory } from './slot/open-history.js';
import { identityIssues } from './slot/replica-identity.js';

const DEFAULTS = {
  slot: 'millrace',
  publication: 'millrace',
  decoder: 'pgoutput',
  pollMs: 1_000,
  idleConfirmMs: 10_000,
  renewMs: 5 * 60_000,
  catalogMs: 60_000,
  createHash: portableHash,
} as const;
/** A slot that its last reader still holds is asked for often: the old walsender is gone within moments, and each moment is lag. */
const BUSY_RETRY_MS = 1_000;
/** How long {@link Capture.waitFor} waits for the WAL to move by itself before it moves it. */
const WAIT_FOR_WAL_MS = 100;

export function createCapture(given: CaptureOptions): Capture {
  const options: Required<CaptureOptions> = { ...DEFAULTS, ...given };
  return new CaptureLoop(options);
}

/** A session that reads the slot. */
interface Reading {
  readonly watch: SessionWatch;
  readonly follow: Confirm;
}

class CaptureLoop implements Capture {
  readonly #options: Required<CaptureOptions>;
  readonly #health;
  readonly #progress: CaptureProgress;
  readonly #reports: OnceReports;
  readonly #pollNap;
  readonly #backoffNap;
  #givenUp: PoisonError | null = null;
  #watch: SessionWatch | null = null;
  #reading = Promise.withResolvers<Reading>();
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;

  constructor(options: Required<CaptureOptions>) {
    this.#options = options;
    this.#health = createHealth(options);
    this.#progress = new CaptureProgress({ health: this.#health, logger: options.logger });
    this.#reports = new OnceReports(options.logger);
    this.#pollNap = createNapper(options.clock);
    this.#backoffNap = createNapper(options.clock);
  }

  start({ rested = false } = {}): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#health.become('starting');
    if (rested) this.#health.rested();
    this.#running = { stop, ended: this.#loop(stop.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.stop.abort(new SyncError('closed', 'capture was stopped'));
    await running.ended;
    if (this.#running === running) this.#running = null;
    const stopped = new SyncError('closed', 'capture was stopped');
    this.#progress.stopped(stopped);
    this.#readsNoLonger(stopped);
    this.#health.become('asleep');
  }

  tick(): void {
    if (!this.#running) return;
    this.#backoffNap.wake();
    this.#watch?.look();
    void this.#moveWal();
  }

  nudge(): void {
    this.#pollNap.wake();
  }

  status() {
    return this.#health.status(this.head());
  }

  head(): Position | null {
    return this.#progress.head;
  }

  catalogue(): RecordedCatalogue | null {
    return this.#progress.catalogue;
  }

  waitFor(lsn: Lsn, signal?: AbortSignal): Promise<Position> {
    if (!this.#running) return Promise.reject(new SyncError('closed', 'capture is not running'));
    const head = this.#progress.headAt(lsn);
    if (head) return Promise.resolve(head);
    const waiting = this.#progress.wait(lsn, signal);
    this.nudge();
    this.#moveWalSoon();
    return waiting;
  }

  async settle(): Promise<void> {
    if (!this.#running) throw new SyncError('closed', 'capture is not running');
    const lsn = await (await this.#reading.promise).watch.walEnd();
    await this.waitFor(lsn);
    const { watch, follow } = await this.#reading.promise;
    // Where nothing of ours is written, the slot follows now and then [C8]; now is when.
    await follow(lsn);
    await watch.slotFollows(lsn);
  }

  onPersisted(listener: PersistedListener): () => void {
    return this.#progress.onPersisted(listener);
  }

  onEpoch(listener: EpochListener): () => void {
    return this.#progress.onEpoch(listener);
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
    try {
      if (this.#givenUp) await this.#quarantine(sql, this.#givenUp);
      const opened = await openHistory(sql, this.#options);
      this.#health.become('starting');
      await this.#announce(sql, opened);
      const { schema } = opened;
      const watch = await SessionWatch.open({ ...this.#options, schema, sql, health: this.#health });
      this.#watch = watch;
      return await runSession(sql, opened, this.#sessionOptions(watch, AbortSignal.any([signal, watch.renewed])));
    } finally {
      this.#watch = null;
      this.#readsNoLonger();
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
    const isNew = this.#progress.skip(commitLsn);
    this.#givenUp = null;
    if (isNew) this.#health.quarantined();
  }

  async #announce(sql: SqlSession, opened: OpenedHistory): Promise<void> {
    this.#health.sawSlot(opened.slot);
    this.#health.sawEpochs(await readEpochs(sql, this.#options.slot));
    for (const issue of await identityIssues(sql, opened.schema)) this.#reports.identity(issue);
    await this.#progress.opened(sql, opened);
  }

  /** Another session follows: it looks how the tables that the schema names now are published, and by which columns [C1, M4]. */
  #stepped(steps: readonly RecordedStep[], watch: SessionWatch): void {
    this.#progress.stepped(steps);
    watch.renew();
  }

  #sessionOptions(watch: SessionWatch, signal: AbortSignal): SessionOptions {
    const working = this.#options.reader === 'stream' ? 'streaming' : 'polling';
    const observer: PumpObserver = {
      stepped: (steps) => this.#stepped(steps, watch),
      persisted: (transactions, from, to) => this.#progress.advance(transactions, from, to),
      passed: (lsn) => this.#progress.reach(lsn),
      gateWaiting: (waiting) =>
        this.#health.become(
          waiting ? 'gate-waiting' : working,
          waiting ? 'a committed transaction is not visible yet' : undefined,
        ),
    };
    return {
      ...this.#options,
      observer,
      skips: this.#progress.skips,
      napper: this.#pollNap,
      reading: (follow) => {
        this.#reading.resolve({ watch, follow });
        this.#health.become(working);
        // Who waits since before it was open has not been helped yet.
        this.#moveWalSoon();
      },
      reportUnknown: (table, column) => this.#reports.unknown(table, column),
      redescribed: () => void watch.lookAtCatalog(0),
      signal,
    };
  }

  /** Who waits for a session that reads goes on waiting for the next one; or, where none will come, is told why. */
  #readsNoLonger(stopped?: SyncError): void {
    const former = this.#reading;
    this.#reading = Promise.withResolvers<Reading>();
    former.promise.catch(() => undefined); // nobody may be waiting, now or when the next one ends
    if (stopped) former.reject(stopped);
    else former.resolve(this.#reading.promise);
  }

  #moveWalSoon(): void {
    this.#options.clock.after(WAIT_FOR_WAL_MS, () => void this.#moveWal());
  }

  async #moveWal(): Promise<void> {
    if (!this.#progress.waitedFor) return;
    await this.#watch?.moveWal();
    this.nudge();
  }
}
