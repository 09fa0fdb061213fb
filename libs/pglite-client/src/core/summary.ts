import type { Position } from '@millrace/kernel';
import type { PendingMutation } from './pending-mutation.js';
import type { StoreSummary } from './ports/client-store.js';

/** Summary of a store whose outbox is at hand. `lastMutation`: the highest number ever given. */
export function summaryOf(store: {
  readonly position: Position | null;
  readonly scope: string | null;
  readonly schemaVersion: string;
  readonly pending: readonly PendingMutation[];
  readonly rejected: number;
  readonly lastMutation: number;
}): StoreSummary {
  const first = store.pending[0];
  return {
    position: store.position,
    scope: store.scope,
    schemaVersion: store.schemaVersion,
    ackedMutation: first ? first.mutationId - 1 : store.lastMutation,
    unsent: store.pending.filter((mutation) => mutation.answer === null).length,
    pending: store.pending.length,
    rejected: store.rejected,
  };
}
