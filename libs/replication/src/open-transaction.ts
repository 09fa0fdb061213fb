import { findEngineTable, type CapturedChange } from '@millrace/change-history';
import { SyncError, type Lsn } from '@millrace/kernel';
import type { DecodedTransaction, DecoderOptions } from './decoder.js';
import { fillMark } from './fill-marks.js';
import type { FillRequest } from './fill-request.js';
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
  request(fill: FillRequest): void;
  describe(table: string, signature: string): void;
  /** Counts what a message costs to hold; nothing between transactions. */
  count(bytes: number): void;
  commit(commitLsn: Lsn, endLsn: Lsn): DecodedTransaction;
  /** Runs the decoding of one message; an error inside a transaction becomes one of that transaction. */
  guard<T>(payload: Uint8Array | null, decode: () => T): T;
  /** Runs the decoding of a message between begin and commit. In a transaction that is skipped its failure puts every table in doubt, and no more: null. */
  attempt<T>(decode: () => T): T | null;
  /** Whether a change of this table is to be left out, since its transaction is skipped; the table is remembered. */
  skips(table: string): boolean;
}

/** Bytes of one transaction's messages: it is held in memory as a whole, and that memory is bounded (Z2, F15). */
const TRANSACTION_BYTES = 64 * 1024 * 1024;

interface Open extends TransactionBegin {
  readonly changes: CapturedChange[];
  readonly skipped: 'rows' | 'all' | null;
  fills?: FillRequest[];
  signatures?: Map<string, string>;
  /** Tables of what is skipped, or all of the schema. */
  readonly doubtful: Set<string>;
  bytes: number;
}

export function createOpenTransaction({ schema, skips }: Pick<DecoderOptions, 'schema' | 'skips'>): OpenTransaction {
  let open: Open | null = null;

  const inTransaction = (): Open => {
    if (!open) throw new SyncError('decode-failed', 'a change outside any transaction');
    return open;
  };
  const doubtAll = ({ doubtful }: Open) => schema.tables.forEach(({ name }) => doubtful.add(name));

  return {
    get commitLsn() {
      return open?.commitLsn ?? null;
    },
    begin(begin) {
      if (open) throw new SyncError('decode-failed', 'a transaction begins inside another');
      const skipped = skips?.get(begin.commitLsn) ?? null;
      open = { ...begin, changes: [], skipped, doubtful: new Set(), bytes: 0 };
    },
    add(change) {
      inTransaction().changes.push(change);
    },
    request(fill) {
      (inTransaction().fills ??= []).push(fill);
    },
    describe(table, signature) {
      if (open) (open.signatures ??= new Map()).set(table, signature);
    },
    count(bytes) {
      if (!open || open.skipped) return;
      open.bytes += bytes;
      if (open.bytes > TRANSACTION_BYTES)
        throw new SyncError(
          'limit-exceeded',
          `a transaction of more than ${TRANSACTION_BYTES} bytes cannot be captured: split it`,
        );
    },
    commit(commitLsn, endLsn) {
      const { skipped: _skipped, doubtful, changes, ...begun } = inTransaction();
      if (commitLsn !== begun.commitLsn)
        throw new SyncError('decode-failed', 'a commit that is not of the transaction begun');
      open = null;
      const marks = [...doubtful].sort().map((table) => fillMark(table, 'quarantined'));
      return { ...begun, changes: [...marks, ...changes], endLsn };
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
    attempt(decode) {
      if (!open?.skipped) return decode();
      try {
        return decode();
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        doubtAll(open);
        return null;
      }
    },
    skips(table) {
      if (!open?.skipped) return false;
      if (findEngineTable(table)) return open.skipped === 'all';
      open.doubtful.add(table);
      return true;
    },
  };
}

/** For a message above the limit of what is fetched at all [C6]. */
export function refuseMessage(bytes: number): never {
  throw new SyncError('limit-exceeded', `a change of ${bytes} bytes is above the limit and cannot be synced [C6]`);
}
