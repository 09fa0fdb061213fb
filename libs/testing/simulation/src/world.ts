import type { Position } from '@millrace/kernel';
import { manualClock, seededRandom, type ManualClock, type SeededRandom } from '@millrace/testing';
import { Checks, Violation } from './checks/checks.js';
import { AppUser } from './client/app-user.js';
import { ClientHost } from './client/client-host.js';
import { FaultLog } from './fault-log.js';
import { FAIR, Network } from './network/network.js';
import { simulatedTransport } from './network/simulated-transport.js';
import type { SocketPair } from './network/socket-pair.js';
import { claimCursor, cursorBeforeRows, type Sabotage } from './sabotage.js';
import { TENANTS } from './schema.js';
import { FakeHistory } from './server/fake-history.js';
import { FakePostgres } from './server/fake-postgres.js';
import { OutsideWriter } from './server/outside-writer.js';
import { ReplicationHost } from './server/replication-host.js';
import { SyncHost } from './server/sync-host.js';

export interface WorldOptions {
  readonly seed: number;
  readonly sabotage?: Sabotage;
}

/** Everything there is in one run: one server, its clients, the network between them, time and chance. */
export class World {
  readonly clock: ManualClock = manualClock();
  readonly random: SeededRandom;
  readonly faults = new FaultLog();
  readonly resyncs = new Map<string, number>();
  readonly trace: string[] = [];
  readonly network: Network;
  readonly postgres = new FakePostgres();
  readonly history: FakeHistory;
  readonly replication: ReplicationHost;
  readonly writer: OutsideWriter;
  readonly clients: readonly ClientHost[];
  readonly users: readonly AppUser[];
  readonly sockets = new Set<{ readonly host: ClientHost; readonly pair: SocketPair }>();
  readonly checks: Checks;
  /** Places of updates that show a hidden row without all of its values. */
  readonly hiddenMoves: bigint[] = [];
  private readonly syncHosts = new Map<string, SyncHost>();
  private captureStalledUntil = 0;
  private failure: unknown = null;

  readonly options: WorldOptions;

  constructor(options: WorldOptions) {
    this.options = options;
    const random = (this.random = seededRandom(options.seed));
    this.network = new Network(this.clock, random.fork(), this.faults);
    this.history = new FakeHistory(random.uuid());
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
      const shows = transaction.entries.some(
        ({ data, unchangedToast }) => data?.['hidden'] === 'f' && unchangedToast.length > 0,
      );
      if (shows) this.hiddenMoves.push(transaction.position.seq);
    }
  }

  private makeClient(index: number): ClientHost {
    const { clock, random, options } = this;
    return new ClientHost({
      clientId: random.uuid(),
      tenantId: TENANTS[index % TENANTS.length] ?? 'a',
      clock,
      random: random.fork(),
      transport: (host, own) => simulatedTransport(this, host, own),
      wrapStore: (store) => (options.sabotage === 'cursor-before-rows' ? cursorBeforeRows(store) : store),
      onHydrate: (host, cause) => {
        this.note(`client ${host.clientId.slice(-4)} hydrates: ${cause}`);
        this.guard(() => this.checks.hydrating(host, cause));
      },
    });
  }

  private makeSyncHost(clientId: string): SyncHost {
    const { clock, random, network, replication, history, postgres } = this;
    return new SyncHost({
      clientId,
      clock,
      network,
      random: random.fork(),
      register: (registration) => replication.register(registration),
      unregister: (id) => replication.unregister(id),
      page: (after, rowKeys) => replication.page(after, rowKeys),
      ownerOf: (id) => postgres.clients.get(id)?.sub,
      verdicts: (id, afterMutation, upTo) => this.verdicts(id, afterMutation, upTo),
      onResync: (cause, cursor) => {
        this.resyncs.set(cause, (this.resyncs.get(cause) ?? 0) + 1);
        const host = this.clients.find((each) => each.clientId === clientId);
        if (host) this.guard(() => this.checks.resynced(host, cause, cursor));
        if (host && history.head) this.note(`client ${clientId.slice(-4)} is told to resync: ${cause}`);
      },
    });
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

/** Until no promise has anything left to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
