import type { Lsn, Row } from '@millrace/kernel';
import type { RecordedStep } from './schema-catalogue.js';

/** `fill`: no change of a row, but a mark that the table's rows have to be read anew, since a change of them is not in history [M4]. */
export type Operation = 'insert' | 'update' | 'delete' | 'truncate' | 'fill';

/** Why a table has to be read anew: its changes could not be stored, it was not captured before, DDL has changed its rows, or a migration who may read them. */
export type FillCause = 'quarantined' | 'late-table' | 'rewritten' | 'schema-changed';

/** One change as a decoder yields it, reduced to the columns that the schema in force lists as synced [C3]. */
export interface CapturedChange {
  /** Bare for `public`, else `schema.table`. */
  readonly table: string;
  readonly operation: Operation;
  /** The row after the change as far as it is known; null for delete and truncate. Unchanged TOAST values are merged in from the old row where that has them [C4]. */
  readonly newRow: Row | null;
  /** The whole row before the change; null for insert and truncate. */
  readonly oldRow: Row | null;
  /** Columns that Postgres did not send because their TOASTed value had not changed. */
  readonly unchangedToast: readonly string[];
  /** The record's own address: metadata only. It orders nothing (45 % of records lie below one already seen). */
  readonly recordLsn: Lsn | null;
  /** Of a `fill`. */
  readonly cause?: FillCause;
  /** Of a row of `sync.client_migration`: from here on the schema is another one [M1]. */
  readonly step?: RecordedStep;
}

/** All changes of one commit, in order: the same value from either decoder and either reader [C2]. */
export interface CapturedTransaction {
  /** xid8: 64-bit, so that no wrap-around can confuse the gate (F35). */
  readonly xid: bigint;
  readonly commitLsn: Lsn;
  readonly endLsn: Lsn;
  /** timestamptz text, UTC. */
  readonly commitTime: string;
  readonly changes: readonly CapturedChange[];
}

export interface CaptureSource {
  readonly decoder: 'pgoutput' | 'wal2json';
  readonly reader: 'stream' | 'poll';
}
