import { isTooLarge, tablesToFill, type TableSize } from '@millrace/change-history';
import { LIMITS, type ResyncCause, type RowChange } from '@millrace/sync-protocol';

interface Unfit {
  readonly tables: readonly string[];
  readonly cause: ResyncCause;
}

/**
 * Cuts a transaction's changes into frames near the size of one message, so that no frame has to be cut later; or finds out which tables
 * stand in the way of delivering it at all. Beyond the limits of [D4] only sizes are kept: the changes would be memory for nothing (I11).
 */
export class ChangesParts {
  rows = 0;
  chars = 0;
  private room = 0;
  private parts: RowChange[][] = [];
  private readonly sizes = new Map<string, TableSize>();
  private readonly fills = new Map<string, ResyncCause>();

  /** The table's rows have to be read anew, whatever else the transaction holds of it. */
  fill(table: string, cause: ResyncCause): void {
    if (!this.fills.has(table)) this.fills.set(table, cause);
    this.parts = [];
  }

  add(change: RowChange): void {
    const chars = JSON.stringify(change).length + 1;
    this.rows += 1;
    this.chars += chars;
    this.count(change.table, chars);
    if (this.fills.size > 0 || isTooLarge(this)) this.parts = [];
    else this.append(change, chars);
  }

  /** Tables without which the rest can be delivered, and why the first of them cannot be; null if nothing stands in the way. */
  toFill(): Unfit | null {
    const rest = [...this.sizes.values()].filter(({ table }) => !this.fills.has(table));
    const large = tablesToFill(rest);
    if (this.fills.size === 0 && large.length === 0) return null;
    const [cause = 'transaction-too-large'] = this.fills.values();
    return { tables: [...this.fills.keys(), ...large].sort(), cause };
  }

  frames(): readonly (readonly RowChange[])[] {
    return this.parts;
  }

  private append(change: RowChange, chars: number): void {
    if (chars > this.room) {
      this.parts.push([]);
      this.room = LIMITS.serverMessageChars;
    }
    this.parts.at(-1)?.push(change);
    this.room -= chars;
  }

  private count(table: string, chars: number): void {
    const size = this.sizes.get(table) ?? { table, rows: 0, chars: 0 };
    this.sizes.set(table, { table, rows: size.rows + 1, chars: size.chars + chars });
  }
}
