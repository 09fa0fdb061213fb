import type { SqlConnection } from '@millrace/kernel';
import { MUTATION_LIMITS } from './limits.js';

/** For this transaction only. Without them a lock or a gateway that died would hold up everybody behind it. */
export async function setTimeouts(sql: SqlConnection): Promise<void> {
  const { lockTimeoutMs, statementTimeoutMs, idleInTransactionTimeoutMs } = MUTATION_LIMITS;
  await sql.query(
    `select set_config('lock_timeout', $1::text, true), set_config('statement_timeout', $2::text, true),
            set_config('idle_in_transaction_session_timeout', $3::text, true)`,
    [String(lockTimeoutMs), String(statementTimeoutMs), String(idleInTransactionTimeoutMs)],
  );
}
