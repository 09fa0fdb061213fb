import { DurableObject } from 'cloudflare:workers';
import { createTail, type HistoryPage, type HistoryTransaction } from '@millrace/change-history';
import { errorText, LSN_ZERO, must, parseLsn, SyncError, systemClock, systemRandom, type Logger, type Position } from '@millrace/kernel';
import { connectPg, openPgReplicationStream } from '@millrace/postgres';
import { createCapture, Distribution, type Capture, type DistributionEffect, type DistributionEvent, type Registration } from '@millrace/replication';
import type { AdminStatus, ResyncCause } from '@millrace/sync-protocol';
import type { PullResult } from '@millrace/sync-session';
import { answer, unwrap, type Answer } from '../answer.js';
import type { AppDefinition } from '../app.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { readSettings, type Settings } from '../settings.js';
import { adminStatus } from './admin-status.js';
import { confirmedStore } from './confirmed-store.js';
import { gatewayOf } from './gateway-object.js';
import { Registry } from './registry.js';
import { syncOf } from './sync-object.js';
import type { ObjectClass } from './object-class.js';

/** The one writer of history, and the one that tells the instances. */
export interface ReplicationRpc extends Rpc.DurableObjectBranded {
  /** Begins capture if it does not run yet; resolves with the head of history. */
  wake(): Promise<Answer<Position>>;
  register(request: RegisterRequest): Promise<Answer<Position>>;
  unregister(clientId: string): Promise<void>;
  /** What touches these row keys after a cursor: from memory, or where in history to read up to [H5]. */
  recent(after: Position, rowKeys: readonly string[]): Promise<Answer<RecentHistory>>;
  /** Resolves when everything up to this WAL address is persisted and visible, with the head of history then [S2]. */
  waitFor(lsn: string): Promise<Answer<Position>>;
  /** We have just committed: look now rather than at the next tick. */
  nudge(): Promise<void>;
  countResync(cause: ResyncCause): Promise<void>;
  status(): Promise<Answer<AdminStatus>>;
}

export interface RegisterRequest extends Registration {
  readonly cursor: Position;
}

export type RecentHistory =
  | { readonly kind: 'page'; readonly page: HistoryPage }
  /** The tail does not hold the cursor. */
  | { readonly kind: 'history'; readonly upTo: Position };

/** The alarm is the watchdog: whatever died in this object is running again after it [C7]. */
const WATCHDOG_MS = 5_000;
const TAIL_CHARS = 8 * 1024 * 1024;
const WAKE_TIMEOUT_MS = 15_000;
const SQL_TIMEOUTS = { lockTimeoutMs: 5_000, statementTimeoutMs: 60_000, idleInTransactionTimeoutMs: 60_000 };

export function replicationObject(app: AppDefinition): ObjectClass<ReplicationRpc> {
  return class ReplicationDO extends DurableObject<Env> implements ReplicationRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #capture: Capture;
    readonly #tail = createTail({ maxChars: TAIL_CHARS });
    readonly #distribution = new Distribution({ random: systemRandom });
    readonly #registry: Registry;
    readonly #connectedAt = new Map<string, string>();
    readonly #cursors = new Map<string, Position>();
    readonly #counters = { pushes: 0, doorbells: 0, pages: 0, resyncs: 0 };
    #starting: Promise<void> | null = null;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'replication');
      this.#registry = new Registry(this.ctx.storage);
      this.#capture = this.#createCapture();
    }

    wake(): Promise<Answer<Position>> {
      return answer(this.#log, () => this.#started());
    }

    register({ cursor, ...registration }: RegisterRequest): Promise<Answer<Position>> {
      return answer(this.#log, async () => {
        await this.#started();
        this.#registry.add(registration);
        this.#connectedAt.set(registration.clientId, new Date(systemClock.now()).toISOString());
        this.#cursors.set(registration.clientId, cursor);
        // Registered first, head read after: whatever is persisted from here on reaches it (F42).
        this.#distribute({ kind: 'registered', registration, now: systemClock.now() });
        return must(this.#capture.head(), 'capture has started and has no head');
      });
    }

    async unregister(clientId: string): Promise<void> {
      this.#distribute({ kind: 'unregistered', clientId });
    }

    recent(after: Position, rowKeys: readonly string[]): Promise<Answer<RecentHistory>> {
      return answer(this.#log, async () => {
        const upTo = await this.#started();
        this.#counters.pages += 1;
        const page = this.#tail.page(after, rowKeys);
        return page ? { kind: 'page', page } : { kind: 'history', upTo };
      });
    }

    waitFor(lsn: string): Promise<Answer<Position>> {
      return answer(this.#log, async () => {
        await this.#started();
        return this.#capture.waitFor(parseLsn(lsn), AbortSignal.timeout(WAKE_TIMEOUT_MS));
      });
    }

    async nudge(): Promise<void> {
      if (this.#starting) this.#capture.nudge();
    }

    async countResync(cause: ResyncCause): Promise<void> {
      this.#counters.resyncs += 1;
      this.#log.info('resync', { cause });
    }

    status(): Promise<Answer<AdminStatus>> {
      return answer(this.#log, async () =>
        adminStatus({
          now: systemClock.now(),
          capture: this.#capture.status(),
          counters: this.#counters,
          registrations: this.#distribution.registrations(),
          connectedAt: this.#connectedAt,
          cursors: this.#cursors,
        }),
      );
    }

    /** Re-arms first, so that no failure below can end the watch (F45). */
    override async alarm(): Promise<void> {
      await this.ctx.storage.setAlarm(systemClock.now() + WATCHDOG_MS);
      try {
        await this.#started();
        this.#capture.tick();
        this.#distribute({ kind: 'sweep', now: systemClock.now() });
      } catch (error) {
        this.#log.error('watchdog', { reason: errorText(error) });
      }
    }

    #createCapture(): Capture {
      const { databaseUrl, slot, reader, decoder } = this.#settings;
      const capture = createCapture({
        schema: app.schema,
        slot,
        publication: slot,
        decoder,
        reader,
        openSql: () => connectPg({ connectionString: databaseUrl, applicationName: 'millrace-capture', ...SQL_TIMEOUTS }),
        openStream: openPgReplicationStream(databaseUrl, 'millrace-stream'),
        store: confirmedStore(this.ctx.storage),
        clock: systemClock,
        random: systemRandom,
        logger: this.#log,
      });
      capture.onPersisted((transactions, from, to) => this.#persisted(transactions, from, to));
      capture.onEpoch(({ head }) => this.#distribute({ kind: 'epoch', head, now: systemClock.now() }));
      return capture;
    }

    /** The head of history, once capture has proven it continuous. Starts it on first use; a start that failed is tried again by the next caller. */
    async #started(): Promise<Position> {
      this.#starting ??= this.#start().catch((error: unknown) => {
        this.#starting = null;
        throw error;
      });
      await this.#starting;
      return must(this.#capture.head(), 'capture has started and has no head');
    }

    async #start(): Promise<void> {
      await this.ctx.storage.setAlarm(systemClock.now() + WATCHDOG_MS);
      this.#capture.start();
      await this.#headKnown();
      const head = must(this.#capture.head(), 'capture has started and has no head');
      this.#distribute({ kind: 'restored', registrations: this.#registry.all(), head, now: systemClock.now() });
    }

    async #headKnown(): Promise<void> {
      try {
        await this.#capture.waitFor(LSN_ZERO, AbortSignal.timeout(WAKE_TIMEOUT_MS));
      } catch (cause) {
        const { state, detail } = this.#capture.status().capture;
        throw new SyncError('database-unavailable', `capture has not begun within ${WAKE_TIMEOUT_MS / 1000} s (${state}): ${detail ?? 'still starting'}`, { cause });
      }
    }

    #persisted(transactions: readonly HistoryTransaction[], from: Position, to: Position): void {
      this.#tail.append(from, transactions);
      this.#distribute({ kind: 'persisted', from, to, transactions, now: systemClock.now() });
    }

    #distribute(event: DistributionEvent): void {
      for (const effect of this.#distribution.handle(event)) this.#perform(effect);
    }

    #perform(effect: DistributionEffect): void {
      if (effect.kind === 'forget') {
        this.#registry.remove(effect.clientId);
        this.#connectedAt.delete(effect.clientId);
        this.#cursors.delete(effect.clientId);
        return;
      }
      if (effect.from === null) this.#counters.doorbells += 1;
      else this.#counters.pushes += 1;
      this.ctx.waitUntil(this.#push(effect));
    }

    /** One instance's failure is its own: it is behind, and pulls [D6]. */
    async #push({ clientId, pushId, from, to, transactions }: DistributionEffect & { kind: 'push' }): Promise<void> {
      try {
        const cursor = unwrap(await syncOf(this.env, clientId).push({ from, to, transactions }));
        if (cursor) this.#cursors.set(clientId, cursor);
        this.#distribute({ kind: 'push-returned', clientId, pushId, cursor, now: systemClock.now() });
      } catch (error) {
        this.#log.warn('push failed', { clientId, reason: errorText(error) });
        this.#distribute({ kind: 'push-failed', clientId, pushId, now: systemClock.now() });
      }
    }
  };
}

export function replicationOf(env: Env): DurableObjectStub<ReplicationRpc> {
  return env.REPLICATION.get(env.REPLICATION.idFromName('replication'));
}

export interface PullRequest {
  readonly clientId: string;
  readonly after: Position;
  readonly rowKeys: readonly string[];
}

/** A page after a cursor: from the ReplicationDO's memory, else from history through the client's gateway. */
export async function pullHistory(env: Env, settings: Settings, { clientId, after, rowKeys }: PullRequest): Promise<PullResult> {
  const recent = unwrap(await replicationOf(env).recent(after, rowKeys));
  if (recent.kind === 'page') return { kind: 'page', page: recent.page, complete: true };
  const result = unwrap(await gatewayOf(env, clientId, settings.gateways).page(after, recent.upTo, rowKeys));
  if (result.kind === 'page' || result.kind !== 'transaction-too-large') return result;
  throw new SyncError('limit-exceeded', 'the next transaction is larger than may be streamed');
}
