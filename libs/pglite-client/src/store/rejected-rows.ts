import type { PendingChange, RejectedMutation } from '../core/pending-mutation.js';
import { text } from './outbox-rows.js';
import type { TextSql } from './text-sql.js';

/** Refused mutations, oldest first. */
export async function readRejected(sql: TextSql): Promise<readonly RejectedMutation[]> {
  const { rows } = await sql.query(
    'select tx_id, mutation_id, reason, changes from sync.rejected order by rejected_at, mutation_id',
  );
  return rows.map((row) => ({
    txId: text(row, 'tx_id'),
    mutationId: Number(text(row, 'mutation_id')),
    reason: JSON.parse(text(row, 'reason')) as RejectedMutation['reason'],
    changes: JSON.parse(text(row, 'changes')) as PendingChange[],
  }));
}
