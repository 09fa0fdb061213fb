import type { Position } from '@millrace/kernel';
import type { SchemaStep } from '@millrace/schema-compat';
import type { MutationResult, RowChange } from '@millrace/sync-protocol';

/** One server transaction, whole, cut to what this client may see: the unit of apply (I5). */
export interface ReceivedTransaction {
  /** Where the cursor stands once this is applied. */
  readonly position: Position;
  /** The schema changes with it, by these steps: what follows, its own changes included, is told in the last one's [M1]. */
  readonly steps: readonly SchemaStep[];
  readonly changes: readonly RowChange[];
  /** It was this client's own: its ack [W5]. */
  readonly ack: MutationResult | null;
}
