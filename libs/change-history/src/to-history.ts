import type { SchemaMeta } from '@millrace/schema-meta';
import type { HistoryRow } from './history-row.js';
import type { HistoryTransaction } from './history-transaction.js';
import { beginPlacement, type PlacementContext } from './placement.js';
import type { CapturedTransaction } from './transaction.js';

export type ToHistoryContext = PlacementContext;

/** A transaction in both of its forms: to be inserted, and to be handed on. */
export interface HistoryBlock {
  readonly rows: readonly HistoryRow[];
  readonly transaction: HistoryTransaction;
  /** In force from its end on. */
  readonly schema: SchemaMeta;
}

/**
 * Gives a captured transaction its place in history: dense seq in commit order, row keys, what is stored of each row, and the chain that
 * ends it. Pure. The transaction must hold at least one change: an empty one has no place [C8].
 */
export function toHistory(captured: CapturedTransaction, context: ToHistoryContext): HistoryBlock {
  const placement = beginPlacement(captured, context);
  const { rows, entries } = placement.place(captured.changes);
  const { position, mutation, schema } = placement.end();
  (rows.at(-1) as HistoryRow).chain = position.chain;
  return {
    rows,
    transaction: {
      position,
      firstSeq: context.after.seq + 1n,
      commitLsn: captured.commitLsn,
      commitTime: captured.commitTime,
      schemaVersion: schema.version,
      mutation,
      entries,
    },
    schema,
  };
}
