import { SyncError, errorText, must, type Position, type SqlConnection } from '@millrace/kernel';
import { snapshotFormats, type SnapshotAnswer, type SnapshotManifest } from '@millrace/sync-protocol';
import { rowKeysOf, type Claims } from '@millrace/sync-rules';
import { layoutOf } from '../format/layout.js';
import { BuildFlights } from './build-flights.js';
import { claimEvictions, forgetBuilds, registeredBuilds, touchBuilds, type SnapshotBudget } from './build-registry.js';
import { chunkKeys } from './chunk-uploads.js';
import { Freshness, type Staleness } from './freshness.js';
import { advancedTo, holdingUpTo, type Holding } from './holding.js';
import { manifestOf } from './manifest.js';
import type { SnapshotView } from './snapshot-view.js';
import { isFinished, isOf, type FinishedBuild, type TableInFormat } from './table-build.js';
import { TableBuilder, type TableBuilderOptions } from './table-builder.js';

/** Longest wait of one call, ms; then `building` is answered, and the build goes on. */
const ANSWER_MS = 1_000;
const RETRY_AFTER_MS = 250;
/** A build that was touched is not touched again for so long: much less than it is kept after its last use. */
const TOUCH_MS = 10 * 60_000;
/** A history that outruns so many builds in a row is told to the caller rather than chased. */
const ATTEMPTS = 4;

export interface SnapshotCacheOptions extends Omit<TableBuilderOptions, 'schema'> {
  readonly view: SnapshotView;
  /** The end of history. */
  readonly head: () => Promise<Position>;
  readonly staleness: Staleness;
  readonly budget: SnapshotBudget;
  readonly answerMs?: number;
}

export interface CacheOrder {
  /** The claims behind the snapshot key: the same in every order. */
  readonly claims: Claims;
  /** As their readers call them; null: all. */
  readonly tables: readonly string[] | null;
  /** Digests of the columns that the caller loads binary rows into, by table; of others it gets `json`. */
  readonly layouts: Readonly<Record<string, string>>;
  /** At most the end of history. */
  readonly atLeast: bigint;
  /** Ids of builds that will not do. Whoever says so is believed: rows may be damaged on ways that we do not see [S6]. */
  readonly not: readonly string[];
  readonly scope: string;
  readonly rulesVersion: string;
}

/**
 * The snapshots of one key: tables that are built once for however many callers, handed out again while their tail stays short, read anew when it
 * does not, and removed when space or time is over [S5].
 */
export class SnapshotCache {
  readonly #options: SnapshotCacheOptions;
  readonly #flights: BuildFlights;
  readonly #freshness: Freshness;
  readonly #touchedAt = new Map<string, number>();
  readonly #refused = new Set<string>();
  #evicting = false;

  constructor(options: SnapshotCacheOptions) {
    const { schema } = options.view;
    this.#options = options;
    this.#flights = new BuildFlights({ ...options, builder: new TableBuilder({ ...options, schema }) });
    this.#freshness = new Freshness(options.staleness);
  }

  /** Nothing is being built, and a former run left nothing to build. */
  get done(): boolean {
    return this.#options.store.wants().length === 0;
  }

  /** Builds what a former run of this process left unfinished. */
  async resume(): Promise<void> {
    await this.#flights.resume();
  }

  /**
   * The manifest of these tables, `building` when that takes longer than about a second. A failure that came after such an answer is thrown by
   * the next call.
   *
   * @throws SyncError `invalid-message` for a table that there is not, `cursor-unknown` if `atLeast` lies beyond history
   */
  async order(order: CacheOrder): Promise<SnapshotAnswer> {
    const { clock, answerMs = ANSWER_MS } = this.#options;
    const tables = this.#tablesOf(order);
    const former = this.#flights.takeFailure(tables);
    if (former) throw former.error;
    const obtained = this.#obtain(tables, order);
    const late = new AbortController();
    try {
      const builds = await Promise.race([obtained, clock.sleep(answerMs, late.signal).then(() => null)]);
      if (builds) return { state: 'ready', manifest: await this.#manifestOf(builds, order) };
    } catch (error) {
      this.#flights.takeFailure(tables);
      throw error;
    } finally {
      obtained.catch(() => undefined); // remembered, and thrown by the next call
      late.abort();
    }
    const done = tables.flatMap((table) => this.#finished(table).slice(0, 1));
    const doneRows = done.reduce((sum, { content }) => sum + content.rows, 0);
    const { rows, rowEstimate } = this.#flights.progress(tables);
    return {
      state: 'building',
      rows: rows + doneRows,
      rowEstimate: rowEstimate + doneRows,
      retryAfterMs: RETRY_AFTER_MS,
    };
  }

  async #obtain(tables: readonly TableInFormat[], order: CacheOrder): Promise<readonly FinishedBuild[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const found = await this.#usable(tables, order);
      const missing = tables.filter(({ table }) => !found.has(table));
      if (missing.length === 0) {
        const builds = tables.map(({ table }) => must(found.get(table), 'a build of each table'));
        if (await this.#keep(builds)) return builds;
        continue;
      }
      const { claims } = order;
      await allOf(missing.map((table) => this.#flights.join({ ...table, claims })));
      this.#evict();
    }
    throw new SyncError('snapshot-failed', 'history outruns the snapshot: try again');
  }

  /** By table, the newest build that holds what is asked for and is worth its tail. */
  async #usable(
    tables: readonly TableInFormat[],
    { atLeast, not, claims }: CacheOrder,
  ): Promise<ReadonlyMap<string, FinishedBuild>> {
    const { head: readHead, clock, view, use } = this.#options;
    const head = await readHead();
    if (atLeast > head.seq) {
      throw new SyncError('cursor-unknown', 'the rows asked for lie beyond the end of history');
    }
    const willDo = ({ id, content: { position } }: FinishedBuild) =>
      position.epoch === head.epoch && position.seq >= atLeast && !not.includes(id);
    const newest = tables.flatMap((table) => this.#finished(table).find(willDo) ?? []);
    this.#noteRefused(not);
    const at = { head, now: clock.now(), rowKeys: rowKeysOf(view.schema, claims, '') };
    const sql: Pick<SqlConnection, 'query'> = {
      query: (...statement) => use((session) => session.query(...statement)),
    };
    const { stale, unchanged } = await this.#freshness.judge(newest, at, sql);
    const holding = unchanged.size > 0 ? await holdingUpTo(sql, head) : null;
    const fresh = newest.filter(({ id }) => !stale.has(id));
    return new Map(
      fresh.map((build) => [build.table, holding && unchanged.has(build.id) ? this.#advance(build, holding) : build]),
    );
  }

  /** Rows that nothing has touched since hold history up to the head: whoever takes them has no tail to read for their sake. */
  #advance(build: FinishedBuild, holding: Holding): FinishedBuild {
    const advanced = advancedTo(build, holding);
    this.#options.store.save(advanced);
    return advanced;
  }

  /** Rows that we would have handed out: a store that damages or loses them shows in the log. */
  #noteRefused(not: readonly string[]): void {
    for (const { id, table } of this.#options.store.builds()) {
      if (!not.includes(id) || this.#refused.has(id)) continue;
      this.#refused.add(id);
      this.#options.logger.warn('a client cannot use a stored table: it is read anew', { table, build: id });
    }
  }

  /** Newest first. */
  #finished(table: TableInFormat): readonly FinishedBuild[] {
    const builds = this.#options.store.builds().filter((build) => isOf(build, table));
    return builds.filter(isFinished).toSorted((a, b) => b.finishedAt - a.finishedAt);
  }

  /** Makes sure that the builds stay while they are fetched; false if some are gone. */
  async #keep(builds: readonly FinishedBuild[]): Promise<boolean> {
    const { clock, use, store } = this.#options;
    const lastTouch = ({ id, finishedAt }: FinishedBuild) => this.#touchedAt.get(id) ?? finishedAt;
    const ids = builds.filter((build) => clock.now() - lastTouch(build) >= TOUCH_MS).map(({ id }) => id);
    if (ids.length === 0) return true;
    const kept = await use((sql) => touchBuilds(sql, ids));
    for (const id of ids) {
      if (kept.has(id)) this.#touchedAt.set(id, clock.now());
      else store.remove(id);
    }
    return kept.size === ids.length;
  }

  /** In the background, one at a time: a failure is logged, and made good by the next one. */
  #evict(): void {
    const { logger } = this.#options;
    if (this.#evicting) return;
    this.#evicting = true;
    void this.#evictNow()
      .catch((error: unknown) => logger.warn('old snapshots were not removed', { reason: errorText(error) }))
      .finally(() => {
        this.#evicting = false;
      });
  }

  async #evictNow(): Promise<void> {
    const { use, blobs, budget, store, view } = this.#options;
    const replaced = view.schema.tables.flatMap(({ name: table }) =>
      snapshotFormats.flatMap((format) => this.#finished({ table, format }).slice(1)),
    );
    const evicted = await use((sql) =>
      claimEvictions(
        sql,
        budget,
        replaced.map(({ id }) => id),
      ),
    );
    for (const { snapshotKey, id, chunks } of evicted) await blobs.delete(chunkKeys(snapshotKey, id, chunks));
    const own = store
      .builds()
      .filter(isFinished)
      .map(({ id }) => id);
    const kept = await use(async (sql) => {
      await forgetBuilds(
        sql,
        evicted.map(({ id }) => id),
      );
      return registeredBuilds(sql, own);
    });
    for (const id of own) if (!kept.has(id)) store.remove(id);
  }

  /** Named by what it consists of: who asks again after a break is told the same id if it is the same snapshot. */
  async #manifestOf(builds: readonly FinishedBuild[], { scope, rulesVersion }: CacheOrder): Promise<SnapshotManifest> {
    const { codec, view } = this.#options;
    const digest = await codec.sha256(new TextEncoder().encode(builds.map(({ id }) => id).join()));
    const id = digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
    return manifestOf(builds, { id, view, scope, rulesVersion });
  }

  /**
   * As they are called in force, in the schema's order, each once: as binary rows if the caller would load them into the same columns. Names count:
   * a column that the caller knows by another name makes its table `json`.
   */
  #tablesOf({ tables, layouts }: CacheOrder): readonly TableInFormat[] {
    const { schema, told } = this.#options.view;
    const named = schema.tables.map((table) => ({ table, theirs: told.get(table.name)?.name ?? table.name }));
    const unknown = tables?.find((name) => !named.some(({ theirs }) => theirs === name));
    if (unknown !== undefined)
      throw new SyncError('invalid-message', `there is no table ${unknown.slice(0, 64)} in this schema`);
    return named
      .filter(({ theirs }) => tables === null || tables.includes(theirs))
      .map(({ table, theirs }) => ({
        table: table.name,
        format: layouts[theirs] === layoutOf(table) ? 'binary' : 'json',
      }));
  }
}

/** Like `Promise.all`, but a failure is thrown only when all have ended: what fails later would be told to a caller who asked for nothing yet. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
