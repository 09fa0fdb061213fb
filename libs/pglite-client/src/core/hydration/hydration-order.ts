import type { ResyncCause } from '@millrace/sync-protocol';

/** Rows that have to be read anew, and why. */
export interface HydrationOrder {
  readonly cause: ResyncCause;
  /** Null: all tables. Otherwise all others keep their rows, and the cursor with them [S4]. */
  readonly tables: readonly string[] | null;
  /** seq that the new rows must hold. */
  readonly atLeast: bigint;
}

/** All rows of all tables. */
export function wholeOrder(cause: ResyncCause): HydrationOrder {
  return { cause, tables: null, atLeast: 0n };
}

/** One order that does the work of both. What was ordered first keeps its cause, unless it is part of the other one only. */
export function joinOrders(first: HydrationOrder | null, second: HydrationOrder): HydrationOrder {
  if (first === null) return second;
  const atLeast = first.atLeast > second.atLeast ? first.atLeast : second.atLeast;
  if (first.tables === null) return { ...first, atLeast };
  if (second.tables === null) return { ...second, atLeast };
  return { cause: first.cause, tables: [...new Set([...first.tables, ...second.tables])], atLeast };
}
