import { DurableObject } from 'cloudflare:workers';
import {
  Checksums,
  SnapshotCache,
  translatedView,
  type BuildStore,
  type SnapshotView,
  type TakenChecksums,
} from '@millrace/hydration';
import {
  SyncError,
  errorText,
  formatLsn,
  systemClock,
  systemRandom,
  type Logger,
  type Lsn,
  type Position,
} from '@millrace/kernel';
import type { SessionTimeouts } from '@millrace/postgres';
import { catalogueAt, inForce } from '@millrace/schema-compat';
import type { Checkpoint, SnapshotAnswer, SnapshotFormat } from '@millrace/sync-protocol';
import { answer, unwrap, type Answer } from '../answer.js';
import { blobStoreOf } from '../blobs/blob-store-of.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { openCopySession } from '../open-session.js';
import { Schemas } from '../schemas.js';
import { readSettings, type Settings } from '../settings.js';
import { buildStore } from './build-store.js';
import { chunkCodec } from './chunk-codec.js';
import { LazySession } from './lazy-session.js';
import type { ObjectClass } from './object-class.js';
import type { ChecksumOrder, SnapshotOrder, SnapshotRpc } from './rpc.js';
import { replicationOf } from './stubs.js';

const TIMEOUTS: SessionTimeouts = {
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 60_000,
  idleInTransactionTimeoutMs: 60_000,
};
/** A build goes on when its callers have left, and begins again after a restart, by this alarm; sooner than the object would be put to sleep. */
const WATCH_MS = 5_000;
/** Longest wait for capture to pass what was read; the rows are kept beyond it, and waited for again by the next caller. */
const CAPTURE_MS = 120_000;

/** What the object has to know of itself when nobody calls. */
interface Identity {
  readonly key: string;
  readonly format: SnapshotFormat;
  /** Of the schema that is read, and of the one in whose words. */
  readonly schemaVersion: string;
  readonly told: string;
}

/** The snapshots and checksums of one snapshot key, with one connection [Z2]. */
export function snapshotObject(): ObjectClass<SnapshotRpc> {
  return class SnapshotDO extends DurableObject<Env> implements SnapshotRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #session: LazySession;
    readonly #schemas: Schemas;
    #checksums: Checksums | null = null;
    #cache: SnapshotCache | null = null;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const settings = readSettings(env);
      this.#settings = settings;
      this.#schemas = new Schemas(env);
      this.#log = workerLogger(settings, 'snapshot');
      this.#session = new LazySession({
        open: () => openCopySession(settings, { applicationName: 'millrace-snapshot', ...TIMEOUTS }),
        clock: systemClock,
        log: this.#log,
      });
    }

    order(order: SnapshotOrder): Promise<Answer<SnapshotAnswer>> {
      return answer(this.#log, async () => {
        const { key, format, schemaVersion, told, claims, tables, scope, rulesVersion } = order;
        const identity: Identity = { key, format, schemaVersion, told };
        this.ctx.storage.kv.put('identity', identity);
        const view = await this.#viewOf(identity);
        return this.#cacheOf(identity, view).order({
          claims,
          tables,
          // A table that differs from its checksum, and no change in history that says why: what is kept of it differs as well.
          notBefore: order.cause === 'checksum-mismatch' ? this.#checksumsOf(view).takenAt : 0,
          scope,
          rulesVersion,
          atLeast: BigInt(order.atLeast),
        });
      });
    }

    checksums({ claims, schemaVersion, maxAgeMs }: ChecksumOrder): Promise<Answer<Checkpoint>> {
      return answer(this.#log, async () => {
        const view = await this.#viewOf({ schemaVersion, told: schemaVersion });
        return this.#checksumsOf(view).get(claims, maxAgeMs);
      });
    }

    /** Re-arms first, so that no failure below can end the watch (F45). */
    override async alarm(): Promise<void> {
      const identity = this.ctx.storage.kv.get<Identity>('identity');
      if (!identity) return;
      if (this.#buildStore().wants().length === 0) return;
      await this.#watch();
      try {
        await replicationOf(this.env).wake();
        await this.#cacheOf(identity, await this.#viewOf(identity)).resume();
      } catch (error) {
        this.#log.error('snapshot not resumed', { reason: errorText(error) });
      }
    }

    /** The object's key names both versions: all that it makes is of them. Where the schema has moved on meanwhile, another object is asked. */
    async #viewOf({ schemaVersion, told }: Pick<Identity, 'schemaVersion' | 'told'>): Promise<SnapshotView> {
      const catalogue = catalogueAt(await this.#schemas.current(), schemaVersion);
      const view = inForce(catalogue).version === schemaVersion ? translatedView(catalogue, told) : null;
      if (view) return view;
      throw new SyncError('snapshot-failed', `the schema is not ${schemaVersion} any more: try again`);
    }

    #checksumsOf({ schema }: SnapshotView): Checksums {
      const { kv } = this.ctx.storage;
      this.#checksums ??= new Checksums({
        schema,
        slot: this.#settings.slot,
        use: (work) => this.#session.use(work),
        waitForCapture: (lsn) => this.#waitForCapture(lsn),
        clock: systemClock,
        store: {
          load: () => kv.get<TakenChecksums>('checksums') ?? null,
          save: (taken) => kv.put('checksums', taken),
        },
      });
      return this.#checksums;
    }

    #buildStore(): BuildStore {
      return buildStore(this.ctx.storage.kv, () => this.ctx.waitUntil(this.#watch()));
    }

    #cacheOf({ key, format }: Identity, view: SnapshotView): SnapshotCache {
      const { slot, snapshots } = this.#settings;
      this.#cache ??= new SnapshotCache({
        view,
        format,
        slot,
        snapshotKey: key,
        use: (work) => this.#session.use(work),
        head: async () => unwrap(await replicationOf(this.env).wake()),
        waitForCapture: (lsn) => this.#waitForCapture(lsn),
        store: this.#buildStore(),
        blobs: blobStoreOf(this.env),
        codec: chunkCodec,
        clock: systemClock,
        random: systemRandom,
        logger: this.#log,
        staleness: { percent: snapshots.stalePercent, min: snapshots.staleMin, max: snapshots.staleMax },
        budget: { maxBytes: snapshots.maxBytes, maxAgeMs: snapshots.maxAgeMs },
      });
      return this.#cache;
    }

    async #watch(): Promise<void> {
      await this.ctx.storage.setAlarm(systemClock.now() + WATCH_MS);
    }

    /** A backlog, or one huge transaction, takes capture longer than one call may wait; meanwhile callers are told that rows are being read. */
    async #waitForCapture(lsn: Lsn): Promise<Position> {
      const until = systemClock.now() + CAPTURE_MS;
      for (;;) {
        const captured = await replicationOf(this.env).waitFor(formatLsn(lsn));
        if (captured.ok || captured.code !== 'timeout' || systemClock.now() >= until) return unwrap(captured);
      }
    }
  };
}
