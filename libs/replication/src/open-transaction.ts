import type { CapturedChange } from '@millrace/change-history';
import { SyncError, type Lsn } from '@millrace/kernel';
import type { DecodedTransaction } from './decoder.js';
import { PoisonError } from './poison.js';

export interface TransactionBegin {
  readonly xid: number;
  readonly commitLsn: Lsn;
  readonly commitTime: string;
}

/** The transaction that a decoder is in the midst of. What does not fit together is an error, never a guess [C9]. */
export interface OpenTransaction {
  readonly commitLsn: Lsn | null;
  begin(begin: TransactionBegin): void;
  add(change: CapturedChange): void;
  /** Counts what a message costs to hold; nothing between transactions. */
  count(bytes: number): void;
  commit(commitLsn: Lsn, endLsn: Lsn): DecodedTransaction;
  /** Runs the decoding of one message; an error inside a transaction becomes one of that transaction. */
  guard<T>(payload: Uint8Array | null, decode: () => T): T;
}

/** Bytes of one transaction's messages: it is held in memory as a whole, and that memory is bounded (Z2, F15). */
const TRANSACTION_BYTES = 64 * 1024 * 1024;

export function createOpenTransaction(): OpenTransaction {
  let open: (TransactionBegin & { readonly changes: CapturedChange[]; bytes: number }) | null = null;

  const inTransaction = () => {
    if (!open) throw new SyncError('decode-failed', 'a change outside any transaction');
    return open;
  };

  return {
    get commitLsn() {
      return open?.commitLsn ?? null;
    },
    begin(begin) {
      if (open) throw new SyncError('decode-failed', 'a transaction begins inside another');
      open = { ...begin, changes: [], bytes: 0 };
    },
    add(change) {
      inTransaction().changes.push(change);
    },
    count(bytes) {
      if (!open) return;
      open.bytes += bytes;
      if (open.bytes > TRANSACTION_BYTES)
        throw new SyncError(
          'limit-exceeded',
          `a transaction of more than ${TRANSACTION_BYTES} bytes cannot be captured: split it`,
        );
    },
    commit(commitLsn, endLsn) {
      const { bytes, ...begun } = inTransaction();
      if (commitLsn !== begun.commitLsn)
        throw new SyncError('decode-failed', 'a commit that is not of the transaction begun');
      open = null;
      return { ...begun, endLsn, bytes };
    },
    guard(payload, decode) {
      try {
        return decode();
      } catch (error) {
        if (!open || !(error instanceof SyncError)) throw error;
        const { xid, commitLsn, changes } = open;
        const tables = [...new Set(changes.map((each) => each.table))];
        throw new PoisonError(error.code, error.message, {
          transaction: { xid, commitLsn, tables, payload },
          cause: error,
        });
      }
    },
  };
}

/** For a message above the limit of what is fetched at all [C6]. */
export function refuseMessage(bytes: number): never {
  throw new SyncError('limit-exceeded', `a change of ${bytes} bytes is above the limit and cannot be synced [C6]`);
}
