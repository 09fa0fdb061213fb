import type { PositionJson } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';

/**
 * A snapshot as it arrives: a header, each table with its rows, the tail of history since, the end [S2]. Rows, tail and the end's
 * position are one transaction for the reader: to use one without the others loses or doubles changes.
 */
export type SnapshotPart =
  | {
      readonly kind: 'header';
      readonly schemaVersion: string;
      /** S: where history ended when the rows were read. */
      readonly position: PositionJson;
      /** The tables that follow, in this order. */
      readonly tables: readonly string[];
    }
  | {
      readonly kind: 'table';
      readonly name: string;
      /** The columns of its rows, in their order. */
      readonly columns: readonly string[];
      /** About how many rows the table has, in scope or not; 0 if Postgres does not know. For progress only. */
      readonly rowEstimate: number;
    }
  /** The next whole rows of the table's one binary COPY stream; its header comes with the first ones, its trailer with the last. */
  | { readonly kind: 'rows'; readonly bytes: Uint8Array }
  | { readonly kind: 'table-end'; readonly rows: number }
  /** Frames of (S, H], as the socket would deliver them. */
  | { readonly kind: 'tail'; readonly messages: readonly ServerMessage[] }
  | {
      readonly kind: 'end';
      /** H: the cursor of whoever has applied all of it. */
      readonly position: PositionJson;
      /** Rows of all tables. */
      readonly rows: number;
    };

/** How a snapshot ends that could not be finished. Never handed to a reader: decoding throws it. */
export interface SnapshotFailure {
  readonly kind: 'error';
  readonly code: string;
  readonly message: string;
}
