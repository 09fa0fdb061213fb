import { SyncError, type Clock, type Position } from '@millrace/kernel';
import { Distribution, type DistributionEffect, type Registration } from '@millrace/replication';
import type { PullResult, Push } from '@millrace/sync-session';
import type { SeededRandom } from '@millrace/testing';
import type { Network } from '../network/network.js';
import type { FakeHistory } from './fake-history.js';
import type { FakePostgres } from './fake-postgres.js';
import { tooLargeFor } from './too-large.js';

export interface ReplicationHostOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly network: Network;
  readonly postgres: FakePostgres;
  readonly history: FakeHistory;
  /** Calls a client's SyncDO: its cursor, null for no session. */
  readonly push: (clientId: string, push: Push) => Promise<Position | null>;
  /** Changes a push on its way out; for deliberate breakage only. */
  readonly tamper: (clientId: string, push: Push) => Push;
}

const PAGE_TRANSACTIONS = 7;
const SWEEP_MS = 1_000;

/** The ReplicationDO: reads commits into history and performs what distribution decides. Its registry is durable, its memory is not. */
export class ReplicationHost {
  private distribution: Distribution;
  private readonly registry = new Map<string, Registration>();
  private life = 0;
  private up = true;
  private asleep = false;

  private readonly options: ReplicationHostOptions;

  constructor(options: ReplicationHostOptions) {
    this.options = options;
    this.distribution = new Distribution({ random: options.random });
    this.sweepLater();
  }

  /** Reads some of the WAL, persists it, rings. */
  capture(): void {
    const { postgres, history, random, clock } = this.options;
    if (!this.up || this.asleep) return;
    const captured = postgres.takeWal(1 + random.int(4));
    if (captured.length === 0) return;
    const from = history.head;
    const transactions = history.append(captured);
    this.perform(
      this.distribution.handle({ kind: 'persisted', from, to: history.head, transactions, now: clock.now() }),
    );
  }

  register(registration: Registration): Position {
    this.checkUp();
    this.wake();
    this.registry.set(registration.clientId, registration);
    this.perform(this.distribution.handle({ kind: 'registered', registration, now: this.options.clock.now() }));
    return this.options.history.head;
  }

  unregister(clientId: string): void {
    this.checkUp();
    this.perform(this.distribution.handle({ kind: 'unregistered', clientId }));
  }

  page(after: Position, rowKeys: readonly string[]): PullResult {
    this.checkUp();
    this.wake();
    return this.options.history.page(after, rowKeys, PAGE_TRANSACTIONS);
  }

  /** Lets go of Postgres, and is evicted, if nobody is registered: the WAL waits [Z1]. False: somebody is. */
  sleep(): boolean {
    if (!this.up || this.registry.size > 0) return false;
    this.life += 1;
    this.asleep = true;
    this.options.history.dropTail();
    return true;
  }

  /** Somebody is there again: a `hello`, a write, a load. */
  wake(): void {
    if (!this.asleep) return;
    const { random, history, clock } = this.options;
    this.asleep = false;
    this.distribution = new Distribution({ random });
    this.perform(
      this.distribution.handle({ kind: 'restored', registrations: [], head: history.head, now: clock.now() }),
    );
  }

  /** Dies, and comes back after a while with what was stored. Answers to what it asked are lost with it. */
  restart(downMs: number): void {
    const { clock, history, random } = this.options;
    this.life += 1;
    this.up = false;
    history.dropTail();
    const life = this.life;
    clock.after(downMs, () => {
      if (this.life !== life) return;
      this.up = true;
      this.distribution = new Distribution({ random });
      const registrations = [...this.registry.values()];
      this.perform(this.distribution.handle({ kind: 'restored', registrations, head: history.head, now: clock.now() }));
    });
  }

  /** Continuity with Postgres cannot be proven: what was not read is lost to the stream [E1]. Returns how many commits that were. */
  newEpoch(): number {
    const { postgres, history, random, clock } = this.options;
    const lost = postgres.loseWal();
    history.beginEpoch(random.uuid(), postgres.catalogue);
    if (this.up) this.perform(this.distribution.handle({ kind: 'epoch', head: history.head, now: clock.now() }));
    return lost;
  }

  private perform(effects: readonly DistributionEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'forget') this.registry.delete(effect.clientId);
      else this.push(effect);
    }
  }

  private push(effect: DistributionEffect & { kind: 'push' }): void {
    const { network, push, tamper, clock } = this.options;
    const { clientId, pushId, to } = effect;
    // What is not streamed is not pushed, either: only the bell rings.
    const large = effect.transactions.some((transaction) => tooLargeFor(transaction).length > 0);
    const { from, transactions } = large ? { from: null, transactions: [] } : effect;
    const life = this.life;
    const report = (event: { kind: 'push-returned'; cursor: Position | null } | { kind: 'push-failed' }) => {
      if (this.life === life) this.perform(this.distribution.handle({ ...event, clientId, pushId, now: clock.now() }));
    };
    network
      .call(() => push(clientId, tamper(clientId, { from, to, transactions })))
      .then((cursor) => report({ kind: 'push-returned', cursor }))
      .catch((error: unknown) => {
        if (!(error instanceof SyncError)) throw error;
        report({ kind: 'push-failed' });
      });
  }

  private sweepLater(): void {
    const { clock } = this.options;
    clock.after(SWEEP_MS, () => {
      const due = this.distribution.nextSweepAt();
      if (this.up && due !== null && due <= clock.now())
        this.perform(this.distribution.handle({ kind: 'sweep', now: clock.now() }));
      this.sweepLater();
    });
  }

  private checkUp(): void {
    if (!this.up) throw new SyncError('database-unavailable', 'the ReplicationDO is restarting');
  }
}
