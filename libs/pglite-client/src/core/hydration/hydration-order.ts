import type { ResyncCause } from '@millrace/sync-protocol';

/** Rows that have to be read anew, and why. */
export interface HydrationOrder {
  readonly cause: ResyncCause;
  /** Null: all tables. Otherwise all others keep their rows, and the cursor with them [S4]. */
  readonly tables: readonly string[] | null;
  /** seq that the new rows must hold. */
  readonly atLeast: bigint;
  /** Builds that will not do: those that a checkpoint, from which the rows here differ, names as older than itself [S6]. */
  readonly not: readonly string[];
}

/** All rows of all tables. */
export function wholeOrder(cause: ResyncCause): HydrationOrder {
  return { cause, tables: null, atLeast: 0n, not: [] };
}

/** One order that does the work of both. What was ordered first keeps its cause, unless it is part of the other one only. */
export function joinOrders(first: HydrationOrder | null, second: HydrationOrder): HydrationOrder {
  if (first === null) return second;
  const atLeast = first.atLeast > second.atLeast ? first.atLeast : second.atLeast;
  const not = [...new Set([...first.not, ...second.not])];
  if (first.tables === null) return { ...first, atLeast, not };
  if (second.tables === null) return { ...second, atLeast, not };
  return { cause: first.cause, tables: [...new Set([...first.tables, ...second.tables])], atLeast, not };
}
