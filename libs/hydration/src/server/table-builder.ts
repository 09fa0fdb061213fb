import {
  SyncError,
  errorText,
  type BlobStore,
  type Clock,
  type CopySession,
  type Logger,
  type Lsn,
  type Position,
  type Random,
} from '@millrace/kernel';
import { findTable, quoteTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { ChunkLimits } from '../format/chunk-cutter.js';
import { registerBuild } from './build-registry.js';
import { advancedTo, heldBySnapshot } from './holding.js';
import { tablesWanted } from './tables-wanted.js';
import { buildTable, type ChunkCodec, type TableRows } from './build-table.js';
import { chunkKeys } from './chunk-uploads.js';
import { migratedBetween } from './migrated-between.js';
import type { ReadBounds } from './reading-watch.js';
import {
  isFinished,
  isOf,
  type BuildStore,
  type FinishedBuild,
  type TableBuild,
  type TableWant,
} from './table-build.js';

export interface TableBuilderOptions {
  readonly schema: SchemaMeta;
  readonly slot: string;
  readonly snapshotKey: string;
  /** Runs work on the one session of this builder. Work may have to wait for others' transactions. */
  readonly use: <T>(work: (session: CopySession) => Promise<T>) => Promise<T>;
  /** Resolves with the end of history once everything up to that address is in it. */
  readonly waitForCapture: (lsn: Lsn) => Promise<Position>;
  readonly store: BuildStore;
  readonly blobs: BlobStore;
  readonly codec: ChunkCodec;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits?: ChunkLimits;
  /** Whether somebody wants to change one of these tables; asked while one is read, on another connection than its own [S1]. */
  readonly inTheWay: (tables: readonly string[]) => Promise<boolean>;
  /** Called now and then while a table is being read. */
  readonly onProgress: () => void;
  readonly bounds?: ReadBounds;
}

/** What is to be read, and what is told of it meanwhile. */
export interface ReadOrder extends TableWant {
  readonly onRows: (rows: number, estimate: number) => void;
}

/** Makes builds of tables and remembers each step before it is taken, so that whoever comes after a crash can go on. */
export class TableBuilder {
  readonly #options: TableBuilderOptions;

  constructor(options: TableBuilderOptions) {
    this.#options = options;
  }

  /** The table's rows in the store: those that a former run had read already, or read now. Throws what stood in the way, and leaves nothing then. */
  async read(order: ReadOrder): Promise<TableBuild> {
    const { store } = this.#options;
    for (const build of store.builds()) {
      if (!isOf(build, order) || isFinished(build)) continue;
      if (build.content !== null) return build;
      await this.discard(build);
    }
    return this.#readAnew(order);
  }

  /** Waits until history has passed what the rows show, and makes the build known. Throws `snapshot-failed` if history did not go on to there. */
  async finish(build: TableBuild): Promise<FinishedBuild> {
    const { use, store, waitForCapture, clock, snapshotKey } = this.#options;
    const content = build.content as TableRows;
    const upTo = await waitForCapture(content.seenUpTo);
    const broken = await this.#whatBroke(content, upTo);
    if (broken !== null) {
      await this.discard(build);
      throw new SyncError('snapshot-failed', `${broken} while table ${build.table} was read: try again`);
    }
    const read: FinishedBuild = { ...build, content, upTo, finishedAt: clock.now() };
    const held = await use((sql) => heldBySnapshot(sql, content, upTo));
    const finished = held ? advancedTo(read, held) : read;
    await use((sql) => registerBuild(sql, snapshotKey, finished));
    store.save(finished);
    return finished;
  }

  /** Removes a build that nobody was handed. Its record goes last: what it says may still be in the store. */
  async discard({ id, chunksBegun }: TableBuild): Promise<void> {
    const { blobs, store, snapshotKey } = this.#options;
    await blobs.delete(chunkKeys(snapshotKey, id, chunksBegun));
    store.remove(id);
  }

  async #readAnew({ table: name, format, claims, onRows }: ReadOrder): Promise<TableBuild> {
    const { store, use, random, clock } = this.#options;
    const table = this.#tableOf(name);
    let build: TableBuild = {
      id: random.uuid(),
      table: name,
      format,
      createdAt: clock.now(),
      chunksBegun: 0,
      content: null,
      upTo: null,
      finishedAt: null,
    };
    const remember = (more: Partial<TableBuild>) => {
      build = { ...build, ...more };
      store.save(build);
    };
    try {
      await use(async (session) => {
        if (await tablesWanted(session, [name])) {
          throw new SyncError('snapshot-failed', `table ${name} is about to be changed, which goes first: try again`);
        }
        const estimate = await this.#estimate(session, table);
        onRows(0, estimate);
        remember({});
        const onChunk = (n: number, rows: number) => {
          remember({ chunksBegun: n + 1 });
          onRows(rows, Math.max(rows, estimate));
        };
        const { id: buildId } = build;
        const inTheWay = () => this.#options.inTheWay([name]);
        const order = { ...this.#options, session, table, format, claims, buildId, onChunk, inTheWay };
        remember({ content: await buildTable(order) });
      });
      return build;
    } catch (error) {
      await this.#discardAfter(build, error);
      throw error;
    }
  }

  /** A store that cannot delete now is asked again by the next reader of the table: the record stays. */
  async #discardAfter(build: TableBuild, reason: unknown): Promise<void> {
    const { logger } = this.#options;
    logger.warn('table not read', { table: build.table, reason: errorText(reason) });
    await this.discard(build).catch((error: unknown) =>
      logger.warn('chunks of a broken build are still there', { build: build.id, reason: errorText(error) }),
    );
  }

  /** About how many rows will come: as many as the last time, else as many as the table has. */
  async #estimate(session: CopySession, table: TableMeta): Promise<number> {
    const former = this.#options.store.builds().findLast((build) => build.table === table.name && build.content);
    if (former?.content) return former.content.rows;
    const { rows } = await session.query(
      'select greatest(reltuples, 0)::bigint as rows from pg_class where oid = $1::regclass',
      [quoteTable(table.name)],
    );
    return Number(rows[0]?.['rows'] ?? 0);
  }

  /** Why the rows cannot be continued by history, if so [S2]. */
  async #whatBroke({ position }: TableRows, upTo: Position): Promise<string | null> {
    if (upTo.epoch !== position.epoch || upTo.seq < position.seq) return 'a new history began';
    const migrated = await this.#options.use((sql) => migratedBetween(sql, position, upTo));
    return migrated ? 'the schema was migrated' : null;
  }

  #tableOf(name: string): TableMeta {
    const table = findTable(this.#options.schema, name);
    if (table) return table;
    throw new SyncError('invalid-message', `there is no table ${name.slice(0, 64)} in this schema`);
  }
}
