import { SyncError, type BlobStore, type Clock } from '@millrace/kernel';

/** Chunks on their way into the store at once: the next one is cut meanwhile, and memory holds no more of them. */
const IN_FLIGHT = 2;

/** A store that does not answer for so long never will, and the table would be waited for without an end. */
const PUT_MS = 30_000;

/** Where a chunk of a table's build is kept. */
export function chunkKey(snapshotKey: string, buildId: string, n: number): string {
  return `snapshots/${snapshotKey}/${buildId}/${n}`;
}

/** The keys of a build's first `count` chunks. */
export function chunkKeys(snapshotKey: string, buildId: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => chunkKey(snapshotKey, buildId, n));
}

/** Puts blobs, at most {@link IN_FLIGHT} at once. A failure is thrown by the next call. */
export class ChunkUploads {
  readonly #blobs: BlobStore;
  readonly #clock: Clock;
  readonly #flying = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(blobs: BlobStore, clock: Clock) {
    this.#blobs = blobs;
    this.#clock = clock;
  }

  /** Resolves as soon as there is room for another one: whoever waits for it holds Postgres back. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const flight: Promise<void> = this.#inTime(this.#blobs.put(key, bytes))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#flying.delete(flight));
    this.#flying.add(flight);
    while (this.#flying.size >= IN_FLIGHT) await Promise.race(this.#flying);
    this.#assertWell();
  }

  /** Resolves when all are in the store. */
  async finish(): Promise<void> {
    await this.settled();
    this.#assertWell();
  }

  /** Resolves when none is under way any more, well or not: only then can what was written be removed for good. */
  async settled(): Promise<void> {
    await Promise.all(this.#flying);
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const message = `the blob store did not take a chunk within ${PUT_MS / 1000} s`;
    const cancel = this.#clock.after(PUT_MS, () => late.reject(new SyncError('storage-failed', message)));
    await Promise.race([work, late.promise]).finally(cancel);
  }

  #assertWell(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
