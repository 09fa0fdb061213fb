import { SqlError, SyncError, formatLsn, type ErrorCode, type Lsn, type SqlConnection } from '@millrace/kernel';

/** The transaction that could not be decoded or stored. */
export interface PoisonedTransaction {
  readonly xid: number;
  readonly commitLsn: Lsn;
  /** As far as they are known. */
  readonly tables: readonly string[];
  /** The message that failed; null where it was not a message. */
  readonly payload: Uint8Array | null;
}

/** One transaction stands in the way of all that follow [C9]. */
export class PoisonError extends SyncError {
  readonly transaction: PoisonedTransaction;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly transaction: PoisonedTransaction; readonly cause: unknown },
  ) {
    super(code, message, { cause: options.cause });
    this.name = 'PoisonError';
    this.transaction = options.transaction;
  }
}

/** Whether a failed insert would fail again with the same values: data exceptions, violated checks, limits of the server. */
export function isPoisonous(error: unknown): error is SqlError {
  return error instanceof SqlError && ['22', '23', '54'].includes(error.sqlClass);
}

/** Tries before a transaction is given up: a fault of the moment does not last so long, and each one delays all the others. */
const TRIES = 3;

/** Counts the failures of one and the same transaction. */
export interface PoisonCounter {
  /** The error, if this was the last try of its transaction. */
  givenUp(error: unknown): PoisonError | null;
}

export function createPoisonCounter(): PoisonCounter {
  let commitLsn: Lsn | null = null;
  let tries = 0;
  return {
    givenUp(error) {
      if (!(error instanceof PoisonError)) return null;
      tries = error.transaction.commitLsn === commitLsn ? tries + 1 : 1;
      commitLsn = error.transaction.commitLsn;
      return tries >= TRIES ? error : null;
    },
  };
}

/** Keeps what was given up, with its reason: never skipped in silence (I12). */
export async function quarantine(
  sql: SqlConnection,
  slot: string,
  { message, transaction }: PoisonError,
): Promise<void> {
  const { commitLsn, xid, tables, payload } = transaction;
  await sql.query(
    'insert into sync.quarantine (slot_name, commit_lsn, transaction_id, tables, reason, payload) values ($1, $2, $3, $4::text[], $5, $6::bytea)',
    [
      slot,
      formatLsn(commitLsn),
      String(xid),
      tables,
      message,
      payload && `\\x${Array.from(payload, (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    ],
  );
}
