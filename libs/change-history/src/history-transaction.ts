import type { Lsn, Position, Row } from '@millrace/kernel';
import type { FillCause, Operation } from './transaction.js';

/** One row of `change_history`, as delivery needs it. */
export interface HistoryEntry {
  readonly seq: bigint;
  readonly table: string;
  readonly operation: Operation;
  /** Insert: the row. Update: the columns whose text changed ({} for none); the whole row when the row key changed. Delete, truncate, fill: null. */
  readonly data: Row | null;
  /** The row before, less unchanged TOAST values (see `unchangedToast`). */
  readonly oldData: Row | null;
  readonly scopeOld: string | null;
  readonly scopeNew: string | null;
  /** Columns whose value is the same before and after, and stored in neither. */
  readonly unchangedToast: readonly string[];
  /** Of a `fill`. */
  readonly cause?: FillCause;
}

export type Verdict = 'accepted' | 'merged' | 'rejected';

/** Why a mutation was rejected, or what was merged. */
export interface VerdictReason {
  /** `unique`, `check`, `foreign-key`, `not-null`, `data`, `raised`, `validation`, `forbidden`, `gone`, `exists`, `stale`, `changed`, `dependency`, `server-error`. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  readonly table?: string;
  readonly columns?: readonly string[];
  readonly constraint?: string;
}

/** The `client_mutation` row of a transaction: its arrival in the stream is the ack [W5]. */
export interface MutationMark {
  readonly clientId: string;
  readonly mutationId: number;
  readonly txId: string;
  readonly verdict: Verdict;
  readonly reason: VerdictReason | null;
}

/**
 * One server transaction out of history, or the part of it that touches one client. `position` ends it even when its last change is not
 * among `entries`, since a cursor only rests at transactions' ends (I4).
 */
export interface HistoryTransaction {
  readonly position: Position;
  /** seq of the transaction's first change: the transaction covers [firstSeq, position.seq]. */
  readonly firstSeq: bigint;
  readonly commitLsn: Lsn;
  readonly commitTime: string;
  /** In force at its end: where it holds a migration, that one's [M2]. */
  readonly schemaVersion: string;
  readonly mutation: MutationMark | null;
  /** In order. Rows of the engine's own tables (`sync.client_mutation`, `sync.client_migration`) are among them: they have a seq and a row key like any other. */
  readonly entries: readonly HistoryEntry[];
  /** Set where the transaction is too large to be held in memory: its entries are in the table alone, and `entries` is empty (I11). */
  readonly unloaded?: UnloadedEntries;
}

/** What is known of entries that are not here. */
export interface UnloadedEntries {
  /** The row keys that they carry; null: too many to be listed, so that anybody may be concerned. */
  readonly rowKeys: ReadonlySet<string> | null;
}

/** A stretch of history for one set of row keys: all transactions in (from, to] that touch it, and no others [D1]. */
export interface HistoryPage {
  readonly from: Position;
  readonly to: Position;
  readonly transactions: readonly HistoryTransaction[];
}
