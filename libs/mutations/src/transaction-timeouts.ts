import { MUTATION_LIMITS } from './limits.js';

const { lockTimeoutMs, statementTimeoutMs, idleInTransactionTimeoutMs } = MUTATION_LIMITS;

/**
 * SQL of a query that sets the bounds of the running transaction. Without them a lock or a gateway that died would hold up everybody behind it. Read by the
 * transaction's first statement, so that no round trip is spent on it; where that statement locks rows, it does so after its rows have been found, and
 * the bounds with them.
 */
export const TRANSACTION_BOUNDS = `select set_config('lock_timeout', '${lockTimeoutMs}', true) as lock_timeout,
    set_config('statement_timeout', '${statementTimeoutMs}', true) as statement_timeout,
    set_config('idle_in_transaction_session_timeout', '${idleInTransactionTimeoutMs}', true) as idle_timeout`;
