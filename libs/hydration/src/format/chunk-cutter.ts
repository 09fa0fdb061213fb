import type { SnapshotFormat } from '@millrace/sync-protocol';
import { COPY_HEADER, COPY_TRAILER, CopyRows } from './copy-rows.js';

/** What a chunk holds at most: few enough bytes to be held twice in a small memory, enough rows that a request per chunk does not count. */
export interface ChunkLimits {
  readonly rows: number;
  /** Unpacked; a single row above it has a chunk of its own. */
  readonly bytes: number;
}

export const CHUNK_LIMITS: ChunkLimits = { rows: 15_000, bytes: 4 * 1024 * 1024 };

/** Whole rows, as a file of their own. */
export interface CutChunk {
  readonly rows: number;
  /** Valid only until the cutter is asked for more: its memory is used again. */
  readonly bytes: Uint8Array;
}

/** A row of `json` is the one text value of its COPY row: the count of fields and the value's length come before it. */
const JSON_ROW_HEAD = 6;
const NEWLINE = 0x0a;

/**
 * Cuts the binary COPY stream of one table into chunks at whole rows. `binary` chunks are complete binary COPY files; `json` chunks are a line per
 * row, for a stream whose rows have one text value.
 */
export class ChunkCutter {
  /** The first and the last row of the stream as it came, null before there is one. */
  firstRow: Uint8Array | null = null;
  lastRow: Uint8Array | null = null;
  readonly #stream = new CopyRows();
  readonly #format: SnapshotFormat;
  readonly #limits: ChunkLimits;
  #buffer: Uint8Array;
  #used = 0;
  #rows = 0;

  constructor(format: SnapshotFormat, limits: ChunkLimits = CHUNK_LIMITS) {
    this.#format = format;
    this.#limits = limits;
    this.#buffer = new Uint8Array(limits.bytes);
    this.#begin();
  }

  /** Rows so far. */
  get rows(): number {
    return this.#stream.rows;
  }

  /** Takes the next block and yields the chunks that it fills. Throws `snapshot-corrupt` if the stream is not whole rows. */
  *add(block: Uint8Array): Generator<CutChunk, void, void> {
    const bounds: number[] = [];
    this.#stream.walk(block, (start, end) => bounds.push(start, end));
    if (bounds.length === 0) return;
    this.firstRow ??= block.slice(bounds[0], bounds[1]);
    this.lastRow = block.slice(bounds.at(-2), bounds.at(-1));
    for (let index = 0; index < bounds.length; index += 2) {
      const start = bounds[index] as number;
      const end = bounds[index + 1] as number;
      if (this.#isFullFor(end - start)) yield this.#take();
      this.#append(block, start, end);
    }
  }

  /** The last chunk, null if all rows are out. Throws `snapshot-corrupt` unless the stream ended with that many rows. */
  finish(expectedRows: number): CutChunk | null {
    this.#stream.finish(expectedRows);
    return this.#rows === 0 ? null : this.#take();
  }

  #isFullFor(length: number): boolean {
    if (this.#rows === 0) return false;
    return this.#rows >= this.#limits.rows || this.#used + length + COPY_TRAILER.length > this.#limits.bytes;
  }

  #append(block: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start + COPY_TRAILER.length);
    this.#rows += 1;
    if (this.#format === 'binary') return this.#put(block.subarray(start, end));
    this.#put(block.subarray(start + JSON_ROW_HEAD, end));
    this.#buffer[this.#used] = NEWLINE;
    this.#used += 1;
  }

  #take(): CutChunk {
    if (this.#format === 'binary') this.#put(COPY_TRAILER);
    const chunk = { rows: this.#rows, bytes: this.#buffer.subarray(0, this.#used) };
    this.#begin();
    return chunk;
  }

  #begin(): void {
    this.#used = 0;
    this.#rows = 0;
    // The header is the same in each chunk: to write it again does not change the one that was just handed out.
    if (this.#format === 'binary') this.#put(COPY_HEADER);
  }

  #put(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Only a row above the limit needs more than the buffer. */
  #reserve(length: number): void {
    const needed = this.#used + length;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(needed);
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}
