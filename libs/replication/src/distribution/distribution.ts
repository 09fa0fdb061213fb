import { partFor, type HistoryTransaction, type UnloadedEntries } from '@millrace/change-history';
import { assert, backoffDelay, positionEquals, type Position, type Random } from '@millrace/kernel';
import { clientKey } from '@millrace/sync-rules';
import { charsOf, keysOf } from './transaction-keys.js';
import { clearPending, dropUpTo, newInstance, overflow, queue, type Instance, type Registration } from './instance.js';
import { RowKeyIndex } from './row-key-index.js';

export interface DistributionOptions {
  readonly random: Random;
  /** Most characters that wait for one instance; beyond it, it gets a doorbell and reads history (default 1 Mi). */
  readonly maxPendingChars?: number;
  /** How long an untouched instance may lag behind before it is moved, ms (default 10 min) [D2]. */
  readonly moveAfterMs?: number;
}

export type DistributionEvent =
  /** A SyncDO has taken a `hello`; replaces an earlier registration of the same client. */
  | { readonly kind: 'registered'; readonly registration: Registration; readonly now: number }
  /** After a restart of the ReplicationDO: who was registered. Everybody gets a doorbell, since what was pushed before is not known [D1]. */
  | {
      readonly kind: 'restored';
      readonly registrations: readonly Registration[];
      readonly head: Position;
      readonly now: number;
    }
  | { readonly kind: 'unregistered'; readonly clientId: string }
  /** Capture has persisted these whole transactions, all of (from, to]. */
  | {
      readonly kind: 'persisted';
      readonly from: Position;
      readonly to: Position;
      readonly transactions: readonly HistoryTransaction[];
      readonly now: number;
    }
  /** A new epoch: announced to all [E2]. */
  | { readonly kind: 'epoch'; readonly head: Position; readonly now: number }
  /** The answer to a push: the instance's cursor, null if there is no session any more. */
  | {
      readonly kind: 'push-returned';
      readonly clientId: string;
      readonly pushId: number;
      readonly cursor: Position | null;
      readonly now: number;
    }
  | { readonly kind: 'push-failed'; readonly clientId: string; readonly pushId: number; readonly now: number }
  | { readonly kind: 'sweep'; readonly now: number };

export type DistributionEffect =
  /** Call the client's SyncDO; report with `push-returned` or `push-failed` and this `pushId`. Pushes of different clients never wait for each other [D6]. */
  | {
      readonly kind: 'push';
      readonly clientId: string;
      readonly pushId: number;
      readonly from: Position | null;
      readonly to: Position;
      readonly transactions: readonly HistoryTransaction[];
    }
  /** The registration is to be forgotten. */
  | { readonly kind: 'forget'; readonly clientId: string };

/**
 * Who is told what has been persisted. A deterministic machine without I/O; its state is updated in place, since copying an index of
 * thousands of instances for every commit would cost more than the commit.
 */
export class Distribution {
  private readonly instances = new Map<string, Instance>();
  private readonly index = new RowKeyIndex();
  private readonly random: Random;
  private readonly maxPendingChars: number;
  private readonly moveAfterMs: number;
  private head: Position | null = null;
  private lastPushId = 0;

  constructor(options: DistributionOptions) {
    this.random = options.random;
    this.maxPendingChars = options.maxPendingChars ?? 1024 * 1024;
    this.moveAfterMs = options.moveAfterMs ?? 10 * 60_000;
  }

  handle(event: DistributionEvent): readonly DistributionEffect[] {
    switch (event.kind) {
      case 'registered':
        return this.register(event.registration, event.now);
      case 'restored':
        return this.restore(event.registrations, event.head, event.now);
      case 'unregistered':
        return this.unregister(event.clientId);
      case 'persisted':
        return this.persisted(event);
      case 'epoch':
        return this.begin(event.head, event.now);
      case 'push-returned':
        return this.returned(event);
      case 'push-failed':
        return this.failed(event);
      case 'sweep':
        return this.sweep(event.now);
    }
  }

  /** Registered clients: how many, and whom. */
  registrations(): readonly Registration[] {
    return [...this.instances.values()].map(({ registration }) => registration);
  }

  /** When the next `sweep` has something to do, ms since 1970; null: never. */
  nextSweepAt(): number | null {
    let next: number | null = null;
    for (const instance of this.instances.values()) {
      if (instance.inFlight) continue;
      const at = instance.retryAt ?? (this.lags(instance) ? instance.pushedAt + this.moveAfterMs : null);
      if (at !== null && (next === null || at < next)) next = at;
    }
    return next;
  }

  private register(registration: Registration, now: number): readonly DistributionEffect[] {
    const former = this.instances.get(registration.clientId);
    if (former) this.index.remove(former);
    const instance = newInstance(registration, now);
    this.instances.set(registration.clientId, instance);
    this.index.add(instance);
    return [];
  }

  private restore(registrations: readonly Registration[], head: Position, now: number): readonly DistributionEffect[] {
    for (const registration of registrations) this.register(registration, now);
    return this.begin(head, now);
  }

  private unregister(clientId: string): readonly DistributionEffect[] {
    const instance = this.instances.get(clientId);
    if (!instance) return [];
    this.index.remove(instance);
    this.instances.delete(clientId);
    return [{ kind: 'forget', clientId }];
  }

  /** Everybody hears that history stands here, and nobody is assumed to be anywhere. An answer that is still on its way speaks of what was before. */
  private begin(head: Position, now: number): readonly DistributionEffect[] {
    this.head = head;
    const effects: DistributionEffect[] = [];
    for (const instance of this.instances.values()) {
      clearPending(instance);
      instance.from = null;
      instance.inFlight = null;
      instance.retryAt = null;
      instance.ring = true;
      effects.push(...this.push(instance, now));
    }
    return effects;
  }

  private persisted({
    from,
    to,
    transactions,
    now,
  }: DistributionEvent & { kind: 'persisted' }): readonly DistributionEffect[] {
    assert(this.head === null || positionEquals(this.head, from), 'distribution: a stretch of history is missing');
    this.head = to;
    const touched = new Set<Instance>();
    for (const transaction of transactions) this.queueFor(transaction, touched);
    return [...touched].flatMap((instance) => this.push(instance, now));
  }

  /** Queues the transaction's cut with each instance that it touches; instances of the same row keys share one cut. */
  private queueFor(transaction: HistoryTransaction, touched: Set<Instance>): void {
    if (transaction.unloaded) return this.ringFor(transaction.unloaded, touched);
    const cuts = new Map<string, { readonly cut: HistoryTransaction; readonly chars: number } | null>();
    for (const instance of this.index.touched(keysOf(transaction))) {
      const { clientId } = instance.registration;
      const group = transaction.mutation?.clientId === clientId ? clientKey(clientId) : instance.sharedKeys;
      let shared = cuts.get(group);
      if (shared === undefined) {
        const cut = partFor(transaction, instance.rowKeys);
        shared = cut && { cut, chars: charsOf(cut) };
        cuts.set(group, shared);
      }
      if (!shared) continue;
      queue(instance, shared.cut, shared.chars, this.maxPendingChars);
      touched.add(instance);
    }
  }

  /** Its rows are not here: whom it touches reads them from history. */
  private ringFor({ rowKeys }: UnloadedEntries, touched: Set<Instance>): void {
    for (const instance of rowKeys ? this.index.touched(rowKeys) : this.instances.values()) {
      overflow(instance);
      touched.add(instance);
    }
  }

  /** At most one push in flight for an instance; what comes meanwhile is coalesced into the next [D6]. */
  private push(instance: Instance, now: number): readonly DistributionEffect[] {
    const due = instance.ring || instance.overflown || instance.pending.length > 0;
    const waits = instance.retryAt !== null && instance.retryAt > now;
    if (instance.inFlight || waits || !due || this.head === null) return [];
    const { registration } = instance;
    const from = instance.overflown ? null : instance.from;
    const transactions = from === null ? [] : instance.pending;
    const pushId = ++this.lastPushId;
    instance.inFlight = { pushId, to: this.head };
    instance.from = null;
    instance.ring = false;
    instance.retryAt = null;
    instance.pushedAt = now;
    clearPending(instance);
    return [{ kind: 'push', clientId: registration.clientId, pushId, from, to: this.head, transactions }];
  }

  /** In step again if its cursor has reached what was pushed: all that touches it since is pending here. */
  private returned({
    clientId,
    pushId,
    cursor,
    now,
  }: DistributionEvent & { kind: 'push-returned' }): readonly DistributionEffect[] {
    const instance = this.instances.get(clientId);
    if (!instance?.inFlight || instance.inFlight.pushId !== pushId) return [];
    if (cursor === null) return this.unregister(clientId);
    const { to } = instance.inFlight;
    instance.inFlight = null;
    instance.failures = 0;
    if (cursor.epoch === to.epoch && cursor.seq >= to.seq && this.head !== null && cursor.seq <= this.head.seq) {
      instance.from = cursor;
      dropUpTo(instance, cursor, charsOf);
    }
    return this.push(instance, now);
  }

  /** It is behind, wherever it is: it gets a doorbell, later and later, and nobody waits for it [D6]. */
  private failed({
    clientId,
    pushId,
    now,
  }: DistributionEvent & { kind: 'push-failed' }): readonly DistributionEffect[] {
    const instance = this.instances.get(clientId);
    if (!instance?.inFlight || instance.inFlight.pushId !== pushId) return [];
    instance.inFlight = null;
    instance.from = null;
    instance.retryAt = now + 1 + backoffDelay(instance.failures, this.random);
    instance.failures += 1;
    overflow(instance);
    return [];
  }

  private sweep(now: number): readonly DistributionEffect[] {
    const effects: DistributionEffect[] = [];
    for (const instance of this.instances.values()) {
      const retry = instance.retryAt !== null && instance.retryAt <= now;
      const move = this.lags(instance) && instance.pushedAt + this.moveAfterMs <= now;
      if (!retry && !move) continue;
      instance.ring = true;
      effects.push(...this.push(instance, now));
    }
    return effects;
  }

  private lags(instance: Instance): boolean {
    return this.head !== null && (instance.from === null || !positionEquals(instance.from, this.head));
  }
}
