import { LSN_ZERO, assert, type Lsn } from '@millrace/kernel';
import type { DecodedTransaction } from './decoder.js';
import type { PumpItem } from './pump-queue.js';

/** Where among these items a transaction begins that comes in pieces; negative: nowhere. */
export function firstPiece(items: readonly PumpItem[]): number {
  return items.findIndex((item) => item.kind === 'transaction' && item.transaction.piece !== undefined);
}

/** One transaction in pieces, at the head of some items and of those that follow them. */
export class PieceSource {
  readonly head: DecodedTransaction;
  readonly #items: PumpItem[];
  readonly #more: () => Promise<readonly PumpItem[]>;
  #endLsn: Lsn = LSN_ZERO;

  constructor(items: readonly PumpItem[], more: () => Promise<readonly PumpItem[]>) {
    const first = items[0];
    assert(
      first?.kind === 'transaction' && first.transaction.piece === 'first',
      'a transaction in pieces has a first one',
    );
    this.head = { ...first.transaction, changes: [] };
    this.#items = [...items];
    this.#more = more;
  }

  /** Each once, up to the last one. None is kept here (I11). */
  async *pieces(): AsyncGenerator<DecodedTransaction, void, void> {
    for (;;) {
      const item = this.#items.shift() ?? (await this.#refill());
      // A mark that comes again speaks of what lies before this transaction; its end will say more.
      if (item.kind === 'reached') continue;
      assert(item.transaction.commitLsn === this.head.commitLsn, 'the pieces of a transaction follow each other');
      yield item.transaction;
      if (item.transaction.piece !== 'last') continue;
      this.#endLsn = item.transaction.endLsn;
      return;
    }
  }

  /** Where its commit ends; known once the last piece has been read. */
  get endLsn(): Lsn {
    return this.#endLsn;
  }

  /** What came behind the last piece. */
  get rest(): readonly PumpItem[] {
    return this.#items;
  }

  async #refill(): Promise<PumpItem> {
    this.#items.push(...(await this.#more()));
    return this.#items.shift() as PumpItem;
  }
}
