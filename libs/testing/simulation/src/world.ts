import type { HistoryTransaction } from '@millrace/change-history';
import type { Position } from '@millrace/kernel';
import { manualClock, seededRandom, type ManualClock, type SeededRandom } from '@millrace/testing';
import type { ResyncCause } from '@millrace/sync-protocol';
import { Checks, Violation, type Told } from './checks/checks.js';
import { AppUser } from './client/app-user.js';
import { ClientHost } from './client/client-host.js';
import { FaultLog } from './fault-log.js';
import { FAIR, Network } from './network/network.js';
import { simulatedTransport } from './network/simulated-transport.js';
import type { SocketPair } from './network/socket-pair.js';
import { claimCursor, comparedTooEarly, cursorBeforeRows, stepWithoutRows, type Sabotage } from './sabotage.js';
import { MIGRATIONS, newest, schema, TENANTS } from './schema.js';
import { FakeChecksums } from './server/fake-checksums.js';
import { FakeHistory } from './server/fake-history.js';
import { FakePostgres } from './server/fake-postgres.js';
import { FakeSnapshots } from './server/fake-snapshots.js';
import { OutsideWriter } from './server/outside-writer.js';
import { ReplicationHost } from './server/replication-host.js';
import { SyncHost } from './server/sync-host.js';
import { tooLargeFor } from './server/too-large.js';

export interface WorldOptions {
  readonly seed: number;
  readonly sabotage?: Sabotage;
}

/** Everything there is in one run: one server, its clients, the network between them, time and chance. */
export class World {
  readonly clock: ManualClock = manualClock();
  readonly random: SeededRandom;
  readonly faults = new FaultLog();
  /** Cause → how often a client was told to load rows anew: all of them, or some tables. */
  readonly resyncs = new Map<string, number>();
  readonly fills = new Map<string, number>();
  readonly trace: string[] = [];
  readonly network: Network;
  readonly postgres = new FakePostgres();
  readonly history: FakeHistory;
  readonly snapshots: FakeSnapshots;
  readonly checksums: FakeChecksums;
  readonly replication: ReplicationHost;
  readonly writer: OutsideWriter;
  readonly clients: readonly ClientHost[];
  readonly users: readonly AppUser[];
  readonly sockets = new Set<{ readonly host: ClientHost; readonly pair: SocketPair }>();
  readonly checks: Checks;
  /** Transactions that cannot be delivered to everybody, by their end: the causes that a fill may name for them. */
  readonly undeliverable = new Map<bigint, ReadonlySet<ResyncCause>>();
  private readonly syncHosts = new Map<string, SyncHost>();
  private captureStalledUntil = 0;
  private failure: unknown = null;

  readonly options: WorldOptions;

  constructor(options: WorldOptions) {
    this.options = options;
    const random = (this.random = seededRandom(options.seed));
    this.network = new Network(this.clock, random.fork(), this.faults);
    this.history = new FakeHistory(random.uuid());
    const server = { clock: this.clock, postgres: this.postgres, history: this.history };
    this.snapshots = new FakeSnapshots({ ...server, random: random.fork() });
    this.checksums = new FakeChecksums({ ...server, snapshots: this.snapshots });
    this.writer = new OutsideWriter(this.postgres, random.fork());
    this.checks = new Checks(this);
    this.replication = new ReplicationHost({
      clock: this.clock,
      random: random.fork(),
      network: this.network,
      postgres: this.postgres,
      history: this.history,
      push: (clientId, push) => this.syncHost(clientId).push(push),
      tamper: (clientId, push) =>
        options.sabotage === 'push-without-from' ? claimCursor(push, this.syncHost(clientId).cursor) : push,
    });
    this.clients = Array.from({ length: 2 + random.int(3) }, (_, index) => this.makeClient(index));
    this.users = this.clients.map((host) => new AppUser(host, random.fork()));
  }

  syncHost(clientId: string): SyncHost {
    const host = this.syncHosts.get(clientId) ?? this.makeSyncHost(clientId);
    this.syncHosts.set(clientId, host);
    return host;
  }

  /** A text on its way to a client. */
  sent(host: ClientHost, text: string): void {
    this.guard(() => this.checks.sent(host, text));
  }

  note(what: string): void {
    this.trace.push(`${String(this.clock.now() % 10_000_000).padStart(7)}  ${what}`);
  }

  fault(kind: string, detail = ''): void {
    this.faults.note(kind);
    this.note(`fault: ${kind} ${detail}`.trimEnd());
  }

  /** The next migration of the team; false if there is none left. */
  migrate(): boolean {
    const { version } = this.postgres.schema;
    const migration = MIGRATIONS.find(({ previous }) => previous === version);
    if (!migration) return false;
    this.postgres.migrate({ migration, direction: 'up' });
    return true;
  }

  /** The last migration is taken back; false if there is none. */
  revert(): boolean {
    const { version } = this.postgres.schema;
    const migration = MIGRATIONS.find((each) => each.version === version);
    if (!migration) return false;
    this.postgres.migrate({ migration, direction: 'down' });
    return true;
  }

  stallCapture(ms: number): void {
    this.captureStalledUntil = this.clock.now() + ms;
  }

  cut(host: ClientHost, mostMs: number): void {
    for (const socket of this.sockets) {
      if (socket.host !== host) continue;
      socket.pair.cut(mostMs);
      this.sockets.delete(socket);
    }
  }

  /** Lets time pass, step by step, with a look at everything after each. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    for (let at = this.clock.nextAt(); at !== null && at <= until; at = this.clock.nextAt()) {
      this.clock.advance(at - this.clock.now());
      await settled();
      this.checks.afterStep();
      if (this.failure !== null) throw this.failure;
    }
    this.clock.advance(until - this.clock.now());
  }

  /** Capture reads a while after each commit, until nothing is left. */
  startCapture(): void {
    let due = false;
    const later = () => {
      if (due) return;
      due = true;
      this.clock.after(2 + this.random.int(this.network.weather === FAIR ? 6 : 40), turn);
    };
    const turn = () => {
      due = false;
      if (this.clock.now() >= this.captureStalledUntil) this.capture();
      if (this.postgres.capturedLsn < this.postgres.insertLsn) later();
    };
    this.postgres.onCommit = later;
    later();
  }

  private capture(): void {
    const before = this.history.head;
    this.replication.capture();
    for (const transaction of this.history.between(before, this.history.head)) {
      const causes = whyUndeliverable(transaction);
      if (causes.size > 0) this.undeliverable.set(transaction.position.seq, causes);
    }
  }

  private makeClient(index: number): ClientHost {
    const { clock, random, options } = this;
    return new ClientHost({
      clientId: random.uuid(),
      tenantId: TENANTS[index % TENANTS.length] ?? 'a',
      app: random.chance(0.3) ? schema : newest,
      clock,
      random: random.fork(),
      transport: (host, own) => simulatedTransport(this, host, own),
      wrapStore: (store) => {
        if (options.sabotage === 'cursor-before-rows') return cursorBeforeRows(store);
        if (options.sabotage === 'step-without-rows') return stepWithoutRows(store);
        return options.sabotage === 'compared-too-early' ? comparedTooEarly(store) : store;
      },
      onHydrate: (host, cause) => {
        this.note(`client ${host.clientId.slice(-4)} loads rows: ${cause}`);
        if (cause === 'checksum-mismatch') this.fills.set(cause, (this.fills.get(cause) ?? 0) + 1);
        this.guard(() => this.checks.hydrating(host, cause));
      },
    });
  }

  private makeSyncHost(clientId: string): SyncHost {
    const { clock, random, network, replication, postgres } = this;
    return new SyncHost({
      clientId,
      clock,
      network,
      random: random.fork(),
      register: (registration) => replication.register(registration),
      unregister: (id) => replication.unregister(id),
      page: (after, rowKeys) => replication.page(after, rowKeys),
      catalogue: () => this.history.catalogue,
      versionAt: (position) => this.history.versionAt(position),
      ownerOf: (id) => postgres.clients.get(id)?.sub,
      verdicts: (id, afterMutation, upTo) => this.verdicts(id, afterMutation, upTo),
      checksums: (tenantId) => this.checksums.of(tenantId),
      onNote: (note, cursor) => {
        const host = this.clients.find((each) => each.clientId === clientId);
        if (host && note.kind === 'resync') this.toldToResync(host, note.cause, cursor);
        if (host && note.kind === 'fill') this.toldToFill(host, note);
      },
    });
  }

  toldToResync(host: ClientHost, cause: ResyncCause, cursor: Position | null): void {
    this.resyncs.set(cause, (this.resyncs.get(cause) ?? 0) + 1);
    this.note(`client ${host.clientId.slice(-4)} is told to resync: ${cause}`);
    this.guard(() => this.checks.resynced(host, cause, cursor));
  }

  toldToFill(host: ClientHost, fill: Told): void {
    this.fills.set(fill.cause, (this.fills.get(fill.cause) ?? 0) + 1);
    this.note(`client ${host.clientId.slice(-4)} is told to fill ${fill.tables.join(', ')}: ${fill.cause}`);
    this.guard(() => this.checks.filled(host, fill));
  }

  /**
   * Mutations that the cursor covers [W5]: those whose row the stream brought, and those of an earlier history, whose row the stream may
   * never have brought: it ended before. The rows of the new history show their effect.
   */
  private verdicts(clientId: string, afterMutation: number, upTo: Position) {
    const streamed = this.history.verdicts(clientId, afterMutation, upTo);
    if (this.options.sabotage === 'verdicts-of-stream-only') return streamed;
    const earlier = [...this.postgres.mutations.values()]
      .filter(
        (each) => each.clientId === clientId && each.epoch !== upTo.epoch && each.result.mutationId > afterMutation,
      )
      .filter(({ result }) => !streamed.some(({ txId }) => txId === result.txId))
      .map(({ result }) => ({ clientId, ...result }));
    return [...earlier, ...streamed];
  }

  /** A violation inside a callback ends the run, wherever the error would have gone. */
  private guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.failure ??= error;
    }
  }
}

/** An update that shows a hidden row without all of its values; more than is streamed; marks. */
function whyUndeliverable(transaction: HistoryTransaction): ReadonlySet<ResyncCause> {
  const causes = new Set<ResyncCause>();
  if (tooLargeFor(transaction).length > 0) causes.add('transaction-too-large');
  for (const { data, unchangedToast, cause } of transaction.entries) {
    if (data?.['hidden'] === 'f' && unchangedToast.length > 0) causes.add('scope-unknown');
    if (cause) causes.add(cause);
  }
  return causes;
}

/** Until no promise has anything left to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
