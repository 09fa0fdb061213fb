import {
  SyncError,
  positionToJson,
  type Clock,
  type CopySession,
  type Logger,
  type Lsn,
  type Position,
} from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { Checkpoint } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { hashInParts } from './hash-in-parts.js';
import { migratedBetween } from './migrated-between.js';
import { readingFailed } from './reading-failed.js';
import { readTables } from './read-table.js';
import { READ_BOUNDS, watchReading, type ReadBounds } from './reading-watch.js';
import { scopeCondition } from './scope-condition.js';
import type { TableBuild } from './table-build.js';

export interface ChecksumsOptions {
  readonly schema: SchemaMeta;
  readonly slot: string;
  readonly use: <T>(work: (session: CopySession) => Promise<T>) => Promise<T>;
  readonly waitForCapture: (lsn: Lsn) => Promise<Position>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether somebody wants to change one of these tables, asked on another connection [S1]. */
  readonly inTheWay: (tables: readonly string[]) => Promise<boolean>;
  /** Called now and then while tables are being read. */
  readonly onProgress: () => void;
  readonly bounds?: ReadBounds;
  /** Builds of the tables that have been begun until now. */
  readonly builds: () => readonly Pick<TableBuild, 'id' | 'table'>[];
  /** Keeps the last ones over restarts. */
  readonly store: ChecksumStore;
}

export interface ChecksumStore {
  load(): TakenChecksums | null;
  save(taken: TakenChecksums): void;
}

export interface TakenChecksums {
  /** When they were asked for, ms since 1970. */
  readonly at: number;
  readonly checkpoint: Checkpoint;
}

/** Count and hash of every table in one scope, taken once for however many ask [S6]. */
export class Checksums {
  readonly #options: ChecksumsOptions;
  #taken: TakenChecksums | null;
  #taking: Promise<TakenChecksums> | null = null;

  constructor(options: ChecksumsOptions) {
    this.#options = options;
    this.#taken = options.store.load();
  }

  /** One that is at most `maxAgeMs` old, ms: taken now if there is none. `claims` are the same in every call. */
  async get(claims: Claims, maxAgeMs: number): Promise<Checkpoint> {
    const { clock } = this.#options;
    if (this.#taken && clock.now() - this.#taken.at <= maxAgeMs) return this.#taken.checkpoint;
    this.#taking ??= readingFailed(() => this.#take(claims)).finally(() => {
      this.#taking = null;
    });
    return (await this.#taking).checkpoint;
  }

  async #take(claims: Claims): Promise<TakenChecksums> {
    const { schema, slot, use, clock, waitForCapture, bounds = READ_BOUNDS } = this.#options;
    const at = clock.now();
    const inTheWay = () => this.#options.inTheWay(schema.tables.map(({ name }) => name));
    const earlier = Map.groupBy(this.#options.builds(), ({ table }) => table);
    const { position, seenUpTo, tables } = await use((session) =>
      watchReading({ ...this.#options, session, bounds, what: 'the checksum of all tables', inTheWay }, (progress) =>
        readTables(session, { tables: schema.tables, slot, mostMs: bounds.mostMs }, async (sql, basis) => {
          const hashes: Checkpoint['tables'] = [];
          for (const table of schema.tables) {
            const condition = scopeCondition(table, claims);
            hashes.push({ name: table.name, hash: await hashInParts(sql, table, { condition, onPart: progress }) });
          }
          return { ...basis, tables: hashes };
        }),
      ),
    );
    const to = await waitForCapture(seenUpTo);
    if (to.epoch !== position.epoch) throw new SyncError('snapshot-failed', 'a new history began meanwhile: try again');
    if (to.seq > position.seq && (await use((sql) => migratedBetween(sql, position, to))))
      throw new SyncError('snapshot-failed', 'the schema was migrated meanwhile: try again');
    const checkpoint: Checkpoint = {
      type: 'checkpoint',
      from: positionToJson(position),
      to: positionToJson(to),
      tables: tables.map((table) => ({ ...table, builds: (earlier.get(table.name) ?? []).map(({ id }) => id) })),
    };
    this.#taken = { at, checkpoint };
    this.#options.store.save(this.#taken);
    return this.#taken;
  }
}
