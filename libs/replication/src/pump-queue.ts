import { maxLsn, type Lsn } from '@millrace/kernel';
import { createEvent } from './event.js';
import type { DecodedTransaction } from './decoder.js';

/**
 * What a reader hands to the pump, in the order of the WAL. `reached`: everything that commits below `lsn` has been handed over before; `follow`: the
 * slot has to follow at once, since the reader goes on from there.
 */
export type PumpItem =
  | { readonly kind: 'transaction'; readonly transaction: DecodedTransaction }
  | { readonly kind: 'reached'; readonly lsn: Lsn; readonly follow?: boolean };

/** A transaction that holds nothing of ours is a mark and no more: plug-ins that tell of every commit would else fill the queue with them [C8]. */
export function pumpItemOf(transaction: DecodedTransaction): PumpItem {
  const { changes, fills = [], signatures, endLsn, piece } = transaction;
  const isEmpty = !piece && changes.length === 0 && fills.length === 0 && !signatures?.size;
  return isEmpty ? { kind: 'reached', lsn: endLsn } : { kind: 'transaction', transaction };
}

export interface PumpQueueOptions {
  /** Bytes that wait above which a reader has to wait too; one larger transaction still gets in alone [Z2]. */
  readonly maxBytes: number;
  /** Ends all waits, with its reason. */
  readonly signal: AbortSignal;
}

/** The one way from readers to the pump [C7]: first in, first out, so that a `reached` mark is only met once all before it is persisted [C5]. */
export interface PumpQueue {
  /** Resolves when there is room for more. */
  put(item: PumpItem): Promise<void>;
  /** The next items, at least one, up to these bounds. */
  take(bounds: { readonly maxChanges: number; readonly maxBytes: number }): Promise<readonly PumpItem[]>;
  /** The items taken last are dealt with. */
  done(): void;
  /** Resolves when nothing waits and nothing is being dealt with. */
  drained(): Promise<void>;
}

const AT_ONCE = Promise.resolve();

export function createPumpQueue({ maxBytes, signal }: PumpQueueOptions): PumpQueue {
  let items: PumpItem[] = [];
  let bytes = 0;
  let busy = false;
  const filled = createEvent(signal);
  const room = createEvent(signal);
  const drained = createEvent(signal);

  return {
    put(item) {
      const last = items.at(-1);
      if (item.kind === 'reached' && last?.kind === 'reached') items[items.length - 1] = furtherOf(last, item);
      else items.push(item);
      if (item.kind === 'transaction') bytes += item.transaction.bytes;
      filled.fire();
      return bytes < maxBytes ? AT_ONCE : room.next();
    },

    async take(bounds) {
      if (items.length === 0) await filled.next();
      busy = true;
      const count = countWithin(items, bounds);
      const taken = items.slice(0, count);
      items = items.slice(count);
      for (const item of taken) if (item.kind === 'transaction') bytes -= item.transaction.bytes;
      if (bytes < maxBytes) room.fire();
      return taken;
    },

    done() {
      busy = false;
      if (items.length === 0) drained.fire();
    },

    drained() {
      return items.length === 0 && !busy ? AT_ONCE : drained.next();
    },
  };
}

type Reached = Extract<PumpItem, { readonly kind: 'reached' }>;

function furtherOf(a: Reached, b: Reached): Reached {
  return { kind: 'reached', lsn: maxLsn(a.lsn, b.lsn), ...(a.follow || b.follow ? { follow: true } : {}) };
}

function countWithin(
  items: readonly PumpItem[],
  { maxChanges, maxBytes }: { readonly maxChanges: number; readonly maxBytes: number },
): number {
  let changes = 0;
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    if (item.kind === 'transaction') {
      changes += item.transaction.changes.length;
      bytes += item.transaction.bytes;
    }
    if (count > 0 && (changes > maxChanges || bytes > maxBytes)) break;
    count++;
  }
  return count;
}
