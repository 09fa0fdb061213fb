import type { PositionJson } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';

/** A snapshot as it arrives: header, then each table with its rows, then the tail of history since, then the end [S2]. */
export type SnapshotPart =
  | {
      readonly kind: 'header';
      readonly schemaVersion: string;
      readonly position: PositionJson;
      readonly tables: readonly string[];
    }
  | { readonly kind: 'table'; readonly name: string; readonly columns: readonly string[]; readonly rowEstimate: number }
  | { readonly kind: 'rows'; readonly bytes: Uint8Array }
  | { readonly kind: 'table-end'; readonly rows: number }
  | { readonly kind: 'tail'; readonly messages: readonly ServerMessage[] }
  | { readonly kind: 'end'; readonly position: PositionJson; readonly rows: number };
