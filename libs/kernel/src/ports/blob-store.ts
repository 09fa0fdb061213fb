/** One stored blob on its way out. */
export interface BlobBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Its length, bytes. */
  readonly bytes: number;
}

/**
 * Immutable bytes by key: R2, a disk, or memory. A key is one to ten segments of `[a-z0-9-]`, separated by `/`; the caller makes it from ids and
 * digests of its own, never from text that came from outside. Failures reject with `SyncError('storage-failed')`.
 */
export interface BlobStore {
  /** Whole or not at all: a reader never sees a part. A second `put` of a key replaces the first. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null if there is none. */
  get(key: string): Promise<BlobBody | null>;
  /** Forgets what is there; unknown keys are forgotten already. */
  delete(keys: readonly string[]): Promise<void>;
}
