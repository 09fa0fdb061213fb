import type { CapturedChange } from '@millrace/change-history';
import type { Lsn } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ReportUnknown } from './captured-table.js';
import type { FillRequest } from './fill-request.js';

/** A transaction as decoded: with the 32-bit xid of the protocol, which the pump widens. */
export interface DecodedTransaction {
  readonly xid: number;
  readonly commitLsn: Lsn;
  readonly endLsn: Lsn;
  readonly commitTime: string;
  readonly changes: readonly CapturedChange[];
  /** Fills that were asked for in it. */
  readonly fills?: readonly FillRequest[];
  /** Of the tables that the plug-in described in it: their columns as one text. */
  readonly signatures?: ReadonlyMap<string, string>;
  /** What it costs to hold it, in bytes. */
  readonly bytes: number;
  /** Set where this is but a part of a transaction that is too large to be held (I11): the others come right behind it, and only the last knows `endLsn`. */
  readonly piece?: 'first' | 'middle' | 'last';
}

export interface DecoderOptions {
  /** In force where it begins to decode; migrations in what it decodes switch it [C3]. */
  readonly schema: SchemaMeta;
  readonly reportUnknown: ReportUnknown;
  /** Postgres has described a table again within a session: something in the catalog has changed about it, perhaps how it is published. */
  readonly redescribed?: () => void;
  /** Transactions that cannot be decoded or stored, by commit LSN: fill marks of their tables take their place [C9]. */
  readonly skips?: Skips;
}

/**
 * `rows`: rows of synced tables are left out, those of the engine's own are kept, since they are the acks of clients. `all`: those too, since even
 * they stand in the way.
 */
export type Skips = ReadonlyMap<Lsn, 'rows' | 'all'>;

/** Turns the messages of one output plug-in into transactions: the same value from every plug-in [C2]. Values stay Postgres text throughout (I10). */
export interface Decoder {
  /** Takes the next message; returns the transaction that it ends, if it does. Throws a `PoisonError` (`decode-failed`, `limit-exceeded`) for a transaction that cannot be decoded [C9]. */
  decode(payload: Uint8Array, recordLsn: Lsn): DecodedTransaction | null;
  /** For a message that was not fetched whole, since it has so many bytes: gives its transaction up, unless it is of no interest [C6]. `head`: its first bytes. */
  refuse(bytes: number, head: Uint8Array): void;
  /** Commit LSN of the transaction that has begun and not ended; null between transactions. */
  readonly openTransaction: Lsn | null;
}
