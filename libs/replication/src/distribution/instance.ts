import type { HistoryTransaction } from '@millrace/change-history';
import type { Position } from '@millrace/kernel';
import { clientKey } from '@millrace/sync-rules';

/** What is kept of a registered SyncDO across restarts. */
export interface Registration {
  readonly clientId: string;
  readonly sub: string;
  readonly rowKeys: readonly string[];
}

/** A registered SyncDO as the ReplicationDO sees it. Everything but the registration lives in memory only [D1]. */
export interface Instance {
  readonly registration: Registration;
  readonly rowKeys: ReadonlySet<string>;
  /** Instances with equal text are touched by the same entries of any transaction that is not their own. */
  readonly sharedKeys: string;
  /** The cursor it returned to the previous push; null: the next push is only a doorbell. */
  from: Position | null;
  /** The push that is not answered yet. */
  inFlight: { readonly pushId: number; readonly to: Position } | null;
  /** All transactions that touch it after `from`, or after the push in flight; meaningless once `overflown`. */
  pending: HistoryTransaction[];
  pendingChars: number;
  overflown: boolean;
  /** A push is due although nothing is pending: it must hear that history has grown. */
  ring: boolean;
  /** Pushes that failed in a row, and when to ring again (ms since 1970). */
  failures: number;
  retryAt: number | null;
  /** When the last push went out: untouched instances are moved from time to time [D2]. */
  pushedAt: number;
}

export function newInstance(registration: Registration, now: number): Instance {
  return {
    registration,
    rowKeys: new Set(registration.rowKeys),
    sharedKeys: JSON.stringify(registration.rowKeys.filter((key) => key !== clientKey(registration.clientId))),
    from: null,
    inFlight: null,
    pending: [],
    pendingChars: 0,
    overflown: false,
    ring: false,
    failures: 0,
    retryAt: null,
    pushedAt: now,
  };
}

/** Queues one more transaction; beyond `maxChars` the instance only gets a doorbell and reads history itself (I11). */
export function queue(instance: Instance, transaction: HistoryTransaction, chars: number, maxChars: number): void {
  if (instance.overflown) return;
  instance.pending.push(transaction);
  instance.pendingChars += chars;
  if (instance.pendingChars > maxChars) overflow(instance);
}

export function overflow(instance: Instance): void {
  clearPending(instance);
  instance.overflown = true;
}

export function clearPending(instance: Instance): void {
  instance.pending = [];
  instance.pendingChars = 0;
  instance.overflown = false;
}

/** Forgets what is pending up to and including `cursor`, which the instance has meanwhile read itself. */
export function dropUpTo(
  instance: Instance,
  cursor: Position,
  chars: (transaction: HistoryTransaction) => number,
): void {
  instance.pending = instance.pending.filter((transaction) => transaction.position.seq > cursor.seq);
  instance.pendingChars = instance.pending.reduce((sum, transaction) => sum + chars(transaction), 0);
}
