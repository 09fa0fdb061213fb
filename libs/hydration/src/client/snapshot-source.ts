import type { SnapshotAnswer } from '@millrace/sync-protocol';

/** Which rows are wanted. */
export interface SnapshotWish {
  /** Null: all tables. */
  readonly tables: readonly string[] | null;
  /** seq that the rows should hold. */
  readonly atLeast: bigint;
  /** Ids of builds that will not do. */
  readonly not: readonly string[];
}

/** The server, as far as a download needs it. Failures reject with `SyncError`. */
export interface SnapshotSource {
  /** Asks once; while the snapshot is built, the caller asks again. */
  manifest(wish: SnapshotWish, signal: AbortSignal): Promise<SnapshotAnswer>;
  /** The unpacked bytes of a chunk; `not-found` if it is not kept any more, `snapshot-corrupt` if there are more than `maxBytes`. */
  chunk(
    chunk: { readonly id: string; readonly n: number },
    options: { readonly signal: AbortSignal; readonly maxBytes: number },
  ): Promise<Uint8Array<ArrayBuffer>>;
}
