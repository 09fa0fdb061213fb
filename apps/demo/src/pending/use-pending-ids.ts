import { usePending } from '@millrace/pglite-client/react';
import { useMemo } from 'react';

/** Ids of the rows of a table that hold a write which the server has not acknowledged. */
export function usePendingIds(table: string): ReadonlySet<string> {
  const pending = usePending();
  return useMemo(() => {
    const changes = pending.flatMap((mutation) => mutation.changes);
    return new Set(changes.filter((change) => change.table === table).map((change) => change.key['id'] ?? ''));
  }, [pending, table]);
}
