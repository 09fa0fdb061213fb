import { createHash } from 'node:crypto';
import { DurableObject } from 'cloudflare:workers';
import { createTail, type HistoryTransaction, type RecordedCatalogue } from '@millrace/change-history';
import { errorText, must, parseLsn, systemClock, systemRandom, type Logger, type Position } from '@millrace/kernel';
import { openPgReplicationStream } from '@millrace/postgres';
import { inForce } from '@millrace/schema-compat';
import {
  createCapture,
  Distribution,
  type Capture,
  type DistributionEffect,
  type DistributionEvent,
} from '@millrace/replication';
import type { InstanceState } from '@millrace/hydration';
import type { AdminStatus } from '@millrace/sync-protocol';
import { answer, unwrap, type Answer } from '../answer.js';
import type { AppDefinition } from '../app.js';
import type { Env } from '../env.js';
import { workerLogger } from '../logging.js';
import { openSession } from '../open-session.js';
import { readSettings, type Settings } from '../settings.js';
import { within } from '../within.js';
import { adminStatus, figuresOf } from './admin-status.js';
import { CaptureStart } from './capture-start.js';
import { confirmedStore } from './confirmed-store.js';
import { Incidents } from './incidents.js';
import { Instances } from './instances.js';
import type { ObjectClass } from './object-class.js';
import type { CaptureHealth, Incident, RecentHistory, RegisterRequest, ReplicationRpc } from './rpc.js';
import { SleepRecord, type KeptFigures } from './sleep-record.js';
import { syncOf } from './stubs.js';
import { Wakefulness } from './wakefulness.js';

/** The alarm is the watchdog: whatever died in this object is running again after it [C7]. */
const WATCHDOG_MS = 5_000;
const TAIL_CHARS = 8 * 1024 * 1024;
const CAPTURE_WAIT_MS = 15_000;
/** An instance answers a push once it has come to rest; one that does not in this time is taken for lost, and pulls when it can [D6]. */
const PUSH_MS = 60_000;
const SQL_TIMEOUTS = { lockTimeoutMs: 5_000, statementTimeoutMs: 60_000, idleInTransactionTimeoutMs: 60_000 };

export function replicationObject(app: AppDefinition): ObjectClass<ReplicationRpc> {
  return class ReplicationDO extends DurableObject<Env> implements ReplicationRpc {
    readonly #settings: Settings;
    readonly #log: Logger;
    readonly #capture: Capture;
    readonly #sleep: SleepRecord;
    readonly #kept: KeptFigures | null;
    readonly #wakefulness: Wakefulness;
    readonly #tail = createTail({ maxChars: TAIL_CHARS });
    readonly #distribution = new Distribution({ random: systemRandom });
    readonly #instances: Instances;
    readonly #counters: { pushes: number; doorbells: number; pages: number };
    readonly #incidents: Incidents;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#settings = readSettings(env);
      this.#log = workerLogger(this.#settings, 'replication');
      this.#instances = new Instances(this.ctx.storage);
      this.#sleep = new SleepRecord(this.ctx.storage);
      this.#kept = this.#sleep.figures;
      const { pushes = 0, doorbells = 0, pages = 0 } = this.#kept?.counters ?? {};
      this.#counters = { pushes, doorbells, pages };
      this.#incidents = new Incidents(this.#kept?.incidents);
      this.#capture = this.#createCapture();
      this.#wakefulness = this.#createWakefulness();
    }

    wake(): Promise<Answer<Position>> {
      return answer(this.#log, () => this.#wakefulness.head());
    }

    register({ cursor, socketId, ...registration }: RegisterRequest): Promise<Answer<Position>> {
      return answer(this.#log, async () => {
        await this.#wakefulness.head();
        const now = systemClock.now();
        this.#instances.add(registration, socketId, { connectedAt: new Date(now).toISOString(), cursor });
        this.#wakefulness.clients(this.#instances.size);
        // Registered first, head read after: whatever is persisted from here on reaches it (F42).
        this.#distribute({ kind: 'registered', registration, now });
        return this.#wakefulness.head();
      });
    }

    async unregister(clientId: string, socketId: string): Promise<void> {
      if (!this.#instances.isCurrent(clientId, socketId)) return;
      this.#forget(clientId);
      this.#distribute({ kind: 'unregistered', clientId });
    }

    recent(after: Position, rowKeys: readonly string[]): Promise<Answer<RecentHistory>> {
      return answer(this.#log, async () => {
        const upTo = await this.#wakefulness.head();
        this.#counters.pages += 1;
        const page = this.#tail.page(after, { head: upTo, rowKeys });
        return page ? { kind: 'page', page } : { kind: 'history', upTo };
      });
    }

    waitFor(lsn: string): Promise<Answer<Position>> {
      return answer(this.#log, () => this.#wakefulness.waitFor(parseLsn(lsn)));
    }

    /** Wakes it: whoever writes wants to see what became of it. */
    async nudge(): Promise<void> {
      this.#capture.nudge();
      await this.#wakefulness.head().catch((error: unknown) => {
        this.#log.warn('capture was not woken by a write', { reason: errorText(error) });
      });
    }

    catalogue(known: number | null): Promise<Answer<RecordedCatalogue | null>> {
      return answer(this.#log, async () => {
        await this.#wakefulness.head();
        const catalogue = must(this.#capture.catalogue(), 'capture has started and has no catalogue');
        return catalogue.steps.length === known ? null : catalogue;
      });
    }

    async counted(incident: Incident): Promise<void> {
      this.#incidents.add(incident, this.#tables());
    }

    async instanceChanged(clientId: string, sub: string, state: InstanceState | null): Promise<void> {
      this.#instances.changed(clientId, sub, state);
    }

    status(): Promise<Answer<AdminStatus>> {
      return answer(this.#log, async () =>
        adminStatus({
          now: systemClock.now(),
          ...this.#figures(),
          sleep: this.#wakefulness.sleep,
          registrations: this.#distribution.registrations(),
          states: this.#instances.states(systemClock.now()),
          newsOf: (clientId) => this.#instances.newsOf(clientId),
        }),
      );
    }

    health(): Promise<Answer<CaptureHealth>> {
      return answer(this.#log, async () => {
        const { capture, failingSince } = this.#capture.status();
        return { state: capture.state, failingSince };
      });
    }

    snapshotSecret(): Promise<Answer<string>> {
      return answer(this.#log, async () => {
        const kept = this.ctx.storage.kv.get<string>('snapshotSecret');
        if (kept !== undefined) return kept;
        const made = systemRandom.uuid() + systemRandom.uuid();
        this.ctx.storage.kv.put('snapshotSecret', made);
        return made;
      });
    }

    /** Re-arms first, so that no failure below can end the watch (F45). */
    override async alarm(): Promise<void> {
      await this.ctx.storage.setAlarm(this.#wakefulness.nextAlarmAt);
      try {
        this.#wakefulness.tick();
        this.#capture.tick();
        if (this.#wakefulness.awake) this.#distribute({ kind: 'sweep', now: systemClock.now() });
      } catch (error) {
        this.#log.error('watchdog', { reason: errorText(error) });
      }
    }

    #createWakefulness(): Wakefulness {
      const start = new CaptureStart({
        capture: this.#capture,
        clock: systemClock,
        waitMs: CAPTURE_WAIT_MS,
        before: async () => {
          const slept = this.#sleep.end();
          await this.ctx.storage.setAlarm(systemClock.now() + WATCHDOG_MS);
          return slept;
        },
        ready: (head) =>
          this.#distribute({ kind: 'restored', registrations: this.#instances.all(), head, now: systemClock.now() }),
      });
      return new Wakefulness({
        start,
        clock: systemClock,
        log: this.#log,
        bounds: this.#settings.sleep,
        watchMs: WATCHDOG_MS,
        stored: this.#sleep.sleep,
        clients: this.#instances.size,
        remember: (sleep) => this.#sleep.begin(sleep, figuresOf(this.#figures())),
      });
    }

    #figures() {
      return {
        capture: this.#capture.status(),
        catalogue: this.#capture.catalogue(),
        kept: this.#kept,
        counters: this.#counters,
        incidents: this.#incidents,
      };
    }

    #createCapture(): Capture {
      const { databaseUrl, slot, reader, decoder } = this.#settings;
      const capture = createCapture({
        schema: app.schema,
        slot,
        publication: slot,
        decoder,
        reader,
        openSql: () => openSession(this.#settings, { applicationName: 'millrace-capture', ...SQL_TIMEOUTS }),
        openStream: openPgReplicationStream(databaseUrl, 'millrace-stream'),
        store: confirmedStore(this.ctx.storage),
        clock: systemClock,
        createHash,
        random: systemRandom,
        logger: this.#log,
      });
      capture.onPersisted((transactions, from, to) => this.#persisted(transactions, from, to));
      capture.onEpoch(({ head }) => this.#begun(head));
      return capture;
    }

    /** The tail first: whoever is rung up asks it at once, and a page of the epoch that has ended would tell of nothing new (I12). */
    #begun(head: Position): void {
      this.#tail.begin(head);
      this.#distribute({ kind: 'epoch', head, now: systemClock.now() });
    }

    #persisted(transactions: readonly HistoryTransaction[], from: Position, to: Position): void {
      this.#tail.append(from, transactions);
      this.#distribute({ kind: 'persisted', from, to, transactions, now: systemClock.now() });
    }

    #distribute(event: DistributionEvent): void {
      for (const effect of this.#distribution.handle(event)) this.#perform(effect);
    }

    #perform(effect: DistributionEffect): void {
      if (effect.kind === 'forget') return this.#forget(effect.clientId);
      this.#counters[effect.from === null ? 'doorbells' : 'pushes'] += 1;
      this.ctx.waitUntil(this.#push(effect));
    }

    #forget(clientId: string): void {
      this.#instances.remove(clientId);
      this.#wakefulness.clients(this.#instances.size);
    }

    #tables(): ReadonlySet<string> {
      const { tables } = inForce(this.#capture.catalogue() ?? { compiled: app.schema, steps: [] });
      return new Set(tables.map(({ name }) => name));
    }

    /** One instance's failure is its own: it is behind, and pulls [D6]. */
    async #push({ clientId, pushId, from, to, transactions }: DistributionEffect & { kind: 'push' }): Promise<void> {
      try {
        const pushed = async () => unwrap(await syncOf(this.env, clientId).push({ from, to, transactions }));
        const cursor = await within(systemClock, PUSH_MS, 'a push', pushed());
        if (cursor) this.#instances.heard(clientId, cursor);
        this.#distribute({ kind: 'push-returned', clientId, pushId, cursor, now: systemClock.now() });
      } catch (error) {
        this.#log.warn('push failed', { clientId, reason: errorText(error) });
        this.#distribute({ kind: 'push-failed', clientId, pushId, now: systemClock.now() });
      }
    }
  };
}
