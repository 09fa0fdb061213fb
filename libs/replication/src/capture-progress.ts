import {
  readRange,
  type HistoryTransaction,
  type RecordedCatalogue,
  type RecordedStep,
} from '@millrace/change-history';
import { maxLsn, positionEquals, type Logger, type Lsn, type Position, type SqlSession } from '@millrace/kernel';
import type { EpochListener, PersistedListener } from './capture-options.js';
import type { Skips } from './decoder.js';
import type { Health } from './health.js';
import { createLsnWaiters } from './lsn-waiters.js';
import { commitTimeMs } from './pgoutput/commit-time.js';
import type { OpenedHistory } from './slot/open-history.js';

export interface CaptureProgressOptions {
  readonly health: Pick<Health, 'persisted'>;
  readonly logger: Logger;
}

/** How far capture has come, over all of its sessions, and who is told of it. */
export class CaptureProgress {
  readonly #options: CaptureProgressOptions;
  readonly #waiters = createLsnWaiters();
  readonly #persisted = new Set<PersistedListener>();
  readonly #epochs = new Set<EpochListener>();
  /** What could not get past us, until history has got past it. */
  readonly #skips = new Map<Lsn, 'rows' | 'all'>();
  #head: Position | null = null;
  /** As it is at the head. */
  #catalogue: RecordedCatalogue | null = null;
  #passed: Lsn | null = null;

  constructor(options: CaptureProgressOptions) {
    this.#options = options;
  }

  /** The end of what may be served [H5]; null until continuity has been proven. */
  get head(): Position | null {
    return this.#head;
  }

  /** The steps up to the head, oldest first; null as the head is. */
  get catalogue(): RecordedCatalogue | null {
    return this.#catalogue;
  }

  get skips(): Skips {
    return this.#skips;
  }

  /** Somebody waits for an address. */
  get waitedFor(): boolean {
    return this.#waiters.waiting;
  }

  onPersisted(listener: PersistedListener): () => void {
    this.#persisted.add(listener);
    return () => this.#persisted.delete(listener);
  }

  onEpoch(listener: EpochListener): () => void {
    this.#epochs.add(listener);
    return () => this.#epochs.delete(listener);
  }

  /** The head, if everything up to `lsn` is persisted and visible already. */
  headAt(lsn: Lsn): Position | null {
    return this.#passed !== null && this.#passed >= lsn ? this.#head : null;
  }

  wait(lsn: Lsn, signal?: AbortSignal): Promise<Position> {
    return this.#waiters.wait(lsn, signal);
  }

  /** Capture was stopped: nobody waits any longer. */
  stopped(reason: Error): void {
    this.#waiters.fail(reason);
  }

  /** Tells of a new epoch, or of what was persisted right before the last session broke off: listeners never miss a stretch [D1]. */
  async opened(sql: SqlSession, opened: OpenedHistory): Promise<void> {
    const { position, lastEndLsn } = opened.head;
    const { atHead, schema } = opened;
    // Where no step was taken yet, a later one may tell what was there before a server that was built anew.
    this.#catalogue = atHead.steps.length > 0 ? atHead : { compiled: schema, steps: [] };
    const known = this.#head;
    if (opened.cause !== null || (known && known.epoch !== position.epoch)) return this.#begin(opened);
    let from = known ?? position;
    while (!positionEquals(from, position)) {
      const range = await readRange(sql, from, position);
      this.advance(range.transactions, range.from, range.to);
      from = range.to;
    }
    this.#head = position;
    this.reach(lastEndLsn);
  }

  /** What {@link advance} is told of next holds these migrations. */
  stepped(steps: readonly RecordedStep[]): void {
    const catalogue = this.#catalogue;
    const last = catalogue?.steps.at(-1)?.ordinal ?? -1n;
    if (catalogue)
      this.#catalogue = { ...catalogue, steps: [...catalogue.steps, ...steps.filter(({ ordinal }) => ordinal > last)] };
    for (const { migration, direction } of steps)
      this.#options.logger.info('the schema has changed', { migration: migration.name, direction });
  }

  advance(transactions: readonly HistoryTransaction[], from: Position, to: Position): void {
    this.#head = to;
    const changes = transactions.reduce((sum, { firstSeq, position }) => sum + Number(position.seq - firstSeq) + 1, 0);
    const last = transactions.at(-1);
    if (last) {
      this.#forgetSkips(last.commitLsn);
      this.#options.health.persisted({ transactions: transactions.length, changes }, commitTimeMs(last.commitTime));
    }
    for (const listener of this.#persisted) listener(transactions, from, to);
  }

  /** Everything that commits below `lsn` is persisted and visible. */
  reach(lsn: Lsn): void {
    this.#passed = this.#passed === null ? lsn : maxLsn(this.#passed, lsn);
    if (this.#head) this.#waiters.passed(this.#passed, this.#head);
  }

  /** The transaction that commits at `commitLsn` is not kept. False: it was not to be before, either, and what was kept of it stands in the way as well. */
  skip(commitLsn: Lsn): boolean {
    const again = this.#skips.has(commitLsn);
    this.#skips.set(commitLsn, again ? 'all' : 'rows');
    return !again;
  }

  #begin({ cause, head: { position, lastEndLsn } }: OpenedHistory): void {
    this.#skips.clear();
    this.#head = position;
    // Not the further one of both: a database that was restored counts from before what the last history had passed.
    this.#passed = lastEndLsn;
    this.#waiters.passed(lastEndLsn, position);
    const { epoch, seq } = position;
    this.#options.logger.warn('a new epoch has begun', { cause, epoch, seq });
    for (const listener of this.#epochs) listener({ cause: cause ?? 'first-start', head: position });
  }

  #forgetSkips(passed: Lsn): void {
    for (const commitLsn of this.#skips.keys()) if (commitLsn <= passed) this.#skips.delete(commitLsn);
  }
}
