import { SyncError } from '../errors.js';

/** One stored blob on its way out. */
export interface BlobBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Its length, bytes. */
  readonly bytes: number;
}

/**
 * Immutable bytes by key: R2, a disk, or memory. A key is one to ten segments of `[a-z0-9-]`, separated by `/`; the caller makes it from ids and
 * digests of its own, never from text that came from outside. No key continues another one by `/`: on a disk, one would be the other's folder.
 * Failures reject with `SyncError('storage-failed')`, other keys with `SyncError('assertion-failed')`.
 */
export interface BlobStore {
  /** Whole or not at all: a reader never sees a part. A second `put` of a key replaces the first. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null if there is none. */
  get(key: string): Promise<BlobBody | null>;
  /** Forgets what is there; unknown keys are forgotten already. */
  delete(keys: readonly string[]): Promise<void>;
}

const BLOB_KEY = /^[a-z0-9-]{1,128}(\/[a-z0-9-]{1,128}){0,9}$/;

/** The key, if it is one; every adapter asks before it touches anything. Throws `assertion-failed`. */
export function checkedBlobKey(key: string): string {
  if (BLOB_KEY.test(key)) return key;
  throw new SyncError('assertion-failed', 'not the key of a blob: one to ten segments of [a-z0-9-], separated by /');
}
