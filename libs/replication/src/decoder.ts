import type { CapturedChange } from '@millrace/change-history';
import type { Lsn } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ReportUnknown } from './captured-table.js';

/** A transaction as decoded: with the 32-bit xid of the protocol, which the pump widens. */
export interface DecodedTransaction {
  readonly xid: number;
  readonly commitLsn: Lsn;
  readonly endLsn: Lsn;
  readonly commitTime: string;
  readonly changes: readonly CapturedChange[];
  /** What it costs to hold it, in bytes. */
  readonly bytes: number;
}

export interface DecoderOptions {
  readonly schema: SchemaMeta;
  readonly reportUnknown: ReportUnknown;
}

/** Turns the messages of one output plug-in into transactions: the same value from every plug-in [C2]. Values stay Postgres text throughout (I10). */
export interface Decoder {
  /** Takes the next message; returns the transaction that it ends, if it does. Throws a `PoisonError` (`decode-failed`, `limit-exceeded`) for a transaction that cannot be decoded [C9]. */
  decode(payload: Uint8Array, recordLsn: Lsn): DecodedTransaction | null;
  /** Gives up the transaction of a message that was not even fetched, since it has so many bytes [C6]. */
  refuse(bytes: number): never;
  /** Commit LSN of the transaction that has begun and not ended; null between transactions. */
  readonly openTransaction: Lsn | null;
}
