import { DurableObject } from 'cloudflare:workers';
import {
  Checksums,
  READ_BOUNDS,
  SnapshotCache,
  translatedView,
  type BuildStore,
  type SnapshotCacheOptions,
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
import type { Checkpoint, SnapshotAnswer } from '@millrace/sync-protocol';
import { answer, unwrap, type Answer } from '../answer.js';
import { blobStoreOf } from '../blobs/blob-store-of.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { openCopySession } from '../open-session.js';
import { Schemas } from '../schemas.js';
import { readSettings, type Settings } from '../settings.js';
import { buildStore } from './build-store.js';
import { chunkCodec } from './chunk-codec.js';
import { keepAwake } from './keep-awake.js';
import { LazySession } from './lazy-session.js';
import type { ObjectClass } from './object-class.js';
import type { ChecksumOrder, SnapshotOrder, SnapshotRpc } from './rpc.js';
import { gatewayOf, replicationOf } from './stubs.js';

const TIMEOUTS: SessionTimeouts = {
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 60_000,
  idleInTransactionTimeoutMs: 60_000,
};
/** A build goes on when its callers have left, and begins again after a restart, by this alarm; sooner than the object would be put to sleep. */
const WATCH_MS = 5_000;
/** Where the object keeps its {@link Identity}. */
const IDENTITY = 'identity';
/** Longest wait for capture to pass what was read; the rows are kept beyond it, and waited for again by the next caller. */
const CAPTURE_MS = 120_000;

/** What the object has to know of itself when nobody calls. */
interface Identity {
  readonly key: string;
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
    readonly #builds: BuildStore;
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
        idleMs: settings.sleep.sessionIdleMs,
        longUse: keepAwake(env, settings.sleep),
      });
      this.#builds = buildStore(this.ctx.storage.kv, () => this.ctx.waitUntil(this.#watch()));
    }

    order(order: SnapshotOrder): Promise<Answer<SnapshotAnswer>> {
      return answer(this.#log, async () => {
        const { key, schemaVersion, told } = order;
        const identity: Identity = { key, schemaVersion, told };
        this.ctx.storage.kv.put(IDENTITY, identity);
        const view = known(await this.#viewOf(identity), schemaVersion);
        return this.#cacheOf(key, view).order({ ...order, atLeast: BigInt(order.atLeast) });
      });
    }

    checksums({ claims, schemaVersion, maxAgeMs }: ChecksumOrder): Promise<Answer<Checkpoint>> {
      return answer(this.#log, async () => {
        const view = known(await this.#viewOf({ schemaVersion, told: schemaVersion }), schemaVersion);
        return this.#checksumsOf(view).get(claims, maxAgeMs);
      });
    }

    /** Re-arms first, so that no failure below can end the watch (F45). */
    override async alarm(): Promise<void> {
      const identity = this.ctx.storage.kv.get<Identity>(IDENTITY);
      if (!identity || this.#builds.wants().length === 0) return;
      await this.#watch();
      try {
        const view = await this.#viewOf(identity);
        if (view) await this.#cacheOf(identity.key, view).resume();
        // Nobody can be handed it any more: to try for ever would keep the server awake [Z1].
        else this.#builds.saveWants([]);
      } catch (error) {
        this.#log.error('snapshot not resumed', { reason: errorText(error) });
      }
    }

    /**
     * The object's key names both versions: all that it makes is of them. Where the schema has moved on meanwhile, another object is asked. Null: the
     * database never had that schema, or has been put back to before it. Wakes capture.
     */
    async #viewOf({ schemaVersion, told }: Pick<Identity, 'schemaVersion' | 'told'>): Promise<SnapshotView | null> {
      const catalogue = catalogueAt(await this.#schemas.current(), schemaVersion);
      return inForce(catalogue).version === schemaVersion ? translatedView(catalogue, told) : null;
    }

    #checksumsOf({ schema }: SnapshotView): Checksums {
      const { kv } = this.ctx.storage;
      this.#checksums ??= new Checksums({
        schema,
        slot: this.#settings.slot,
        use: (work) => this.#session.use(work),
        waitForCapture: (lsn) => this.#waitForCapture(lsn),
        ...this.#reading(),
        builds: () => this.#builds.builds(),
        store: {
          load: () => kv.get<TakenChecksums>('checksums') ?? null,
          save: (taken) => kv.put('checksums', taken),
        },
      });
      return this.#checksums;
    }

    #cacheOf(key: string, view: SnapshotView): SnapshotCache {
      const { slot, snapshots } = this.#settings;
      this.#cache ??= new SnapshotCache({
        view,
        slot,
        snapshotKey: key,
        use: (work) => this.#session.use(work),
        head: async () => unwrap(await replicationOf(this.env).wake()),
        waitForCapture: (lsn) => this.#waitForCapture(lsn),
        store: this.#builds,
        blobs: blobStoreOf(this.env),
        codec: chunkCodec,
        ...this.#reading(),
        random: systemRandom,
        staleness: { percent: snapshots.stalePercent, min: snapshots.staleMin, max: snapshots.staleMax },
        budget: { maxBytes: snapshots.maxBytes, maxAgeMs: snapshots.maxAgeMs },
      });
      return this.#cache;
    }

    /** How tables are read: for as long as that gets on and stands in nobody's way [S1]. */
    #reading(): Pick<SnapshotCacheOptions, 'clock' | 'logger' | 'inTheWay' | 'onProgress' | 'bounds'> {
      return {
        clock: systemClock,
        logger: this.#log,
        // Our one connection is busy, and its snapshot is of before [Z2].
        inTheWay: async (tables) => {
          const gateway = gatewayOf(this.env, this.ctx.id.toString(), this.#settings.gateways);
          return unwrap(await gateway.tablesWanted(tables));
        },
        onProgress: () => this.#session.stir(),
        bounds: { ...READ_BOUNDS, mostMs: this.#settings.snapshots.readMs },
      };
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

function known(view: SnapshotView | null, schemaVersion: string): SnapshotView {
  if (view) return view;
  throw new SyncError('snapshot-failed', `the schema is not ${schemaVersion} any more: try again`);
}
