import { useClient } from '@millrace/pglite-client/react';
import { useCallback } from 'react';
import type { Statement } from './statements.js';

/** Runs statements as one local transaction, so that the server takes all of them or none. None at all is nothing to do. */
export function useExecute(): (...statements: readonly (Statement | null)[]) => Promise<void> {
  const { db } = useClient();
  return useCallback(
    async (...statements) => {
      const wanted = statements.filter((statement) => statement !== null);
      if (wanted.length === 0) return;
      await db.transaction(async (tx) => {
        for (const { sql, params } of wanted) await tx.query(sql, params);
      });
    },
    [db],
  );
}
