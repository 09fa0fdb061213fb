import type { Position } from '@millrace/kernel';
import type { Checkpoint } from '@millrace/sync-protocol';

/** What a comparison with the server came to, table by table. */
export interface VerifyReport {
  /** Where the server read its tables. */
  readonly position: Position;
  readonly tables: readonly VerifiedTable[];
}

/**
 * `equal`: the same rows as at the server. `repaired`: they were not, and have been loaded anew. `not-comparable`: nobody can tell, for the reason
 * given; it says nothing against the rows [S6].
 */
export interface VerifiedTable {
  readonly name: string;
  readonly outcome: 'equal' | 'repaired' | 'not-comparable';
  /** Rows of the server's table in scope. */
  readonly rows: number;
  /** Why it was not comparable; null otherwise. */
  readonly reason: NotComparable | null;
}

export type NotComparable =
  /** It changed each time while it was being compared: ask again in a quieter moment. */
  | 'changed-meanwhile'
  /** Client and server hash differently: one of them is of another version. */
  | 'other-algorithm'
  /** The client does not know the table. */
  | 'unknown-table'
  /** What the server had read did not reach the client in time. */
  | 'behind';

/** One table, compared. `different` becomes `repaired` once it is loaded anew. */
export type ComparedTable = Omit<VerifiedTable, 'outcome'> & {
  readonly outcome: 'equal' | 'different' | 'not-comparable';
};

export interface Comparison {
  readonly position: Position;
  readonly tables: readonly ComparedTable[];
}

/** A comparison under way. */
export interface Verification {
  /** Whether the app waits for a report; a checkpoint that the server sends by itself has none. */
  readonly asked: boolean;
  /** What the server has read; null until it comes. It waits here until the cursor has got there. */
  readonly checkpoint: Checkpoint | null;
  readonly comparing: boolean;
  /** What earlier rounds have shown, and where the server was then: a table that changed meanwhile is compared again, the others need not be. */
  readonly known: Comparison | null;
  readonly round: number;
  /** The comparison, while tables that differ are loaded anew. */
  readonly repairing: readonly ComparedTable[] | null;
}
