import { SyncError } from '@millrace/kernel';

/** Takes the payloads of CopyData frames. */
export interface CopySink {
  /** Room for exactly `length` bytes of the frame that begins. */
  reserve(length: number): Uint8Array;
  /** The reserved bytes have all arrived. */
  commit(): void;
}

const HEADER = 5;
const COPY_OUT = 0x48; // H
const COPY_BOTH = 0x57; // W
const COPY_DATA = 0x64; // d
/** CopyDone, ErrorResponse, CommandComplete, ReadyForQuery: no CopyData follows. */
const COPY_ENDS = new Set([0x63, 0x45, 0x43, 0x5a]);

/**
 * Sits between the socket and `pg`'s parser for the whole session and follows the frames. CopyData frames of a COPY or a
 * replication stream go to a sink, copied once; every other frame (notices and parameter changes in the middle of
 * a COPY too) goes on to `pg` untouched. `pg` itself would hand out views of a buffer that it overwrites.
 */
export class FrameTap {
  readonly #forward: (bytes: Buffer) => void;
  #sink: CopySink | null = null;
  #inCopy = false;
  #diverted = false;
  #type = 0;
  #headerSeen = 0;
  #length = 0;
  #bodyLeft = 0;
  #target: Uint8Array | null = null;
  #targetUsed = 0;

  /** @param forward where all other bytes go, in order */
  constructor(forward: (bytes: Buffer) => void) {
    this.#forward = forward;
  }

  /** From now on CopyData goes to `sink`; null gives it back to `pg`, which drops it. Only between statements. */
  divertTo(sink: CopySink | null): void {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let offset = 0;
    // Start of the bytes that are still to be forwarded; none inside a diverted frame.
    let forwardFrom = this.#headerSeen > 0 && this.#diverted ? null : 0;
    while (offset < chunk.length) {
      if (this.#headerSeen === 0) {
        this.#type = chunk[offset] ?? 0;
        this.#diverted = this.#inCopy && this.#type === COPY_DATA && this.#sink !== null;
        if (!this.#diverted) forwardFrom ??= offset;
        else if (forwardFrom !== null) {
          if (offset > forwardFrom) this.#forward(chunk.subarray(forwardFrom, offset));
          forwardFrom = null;
        }
      }
      offset = this.#headerSeen < HEADER ? this.#readHeader(chunk, offset) : this.#readBody(chunk, offset);
    }
    if (forwardFrom !== null) this.#forward(chunk.subarray(forwardFrom));
  }

  #readHeader(chunk: Buffer, start: number): number {
    let offset = start;
    while (offset < chunk.length && this.#headerSeen < HEADER) {
      if (this.#headerSeen > 0) this.#length = (this.#length * 256 + (chunk[offset] ?? 0)) >>> 0;
      else this.#length = 0;
      this.#headerSeen += 1;
      offset += 1;
    }
    if (this.#headerSeen === HEADER) this.#beginBody();
    return offset;
  }

  #beginBody(): void {
    if (this.#length < 4)
      throw new SyncError('database-unavailable', `Postgres sent a frame of impossible length ${this.#length}`);
    if (this.#type === COPY_OUT || this.#type === COPY_BOTH) this.#inCopy = true;
    else if (COPY_ENDS.has(this.#type)) this.#inCopy = false;
    this.#bodyLeft = this.#length - 4;
    if (this.#diverted && this.#sink !== null) {
      this.#target = this.#sink.reserve(this.#bodyLeft);
      this.#targetUsed = 0;
    }
    if (this.#bodyLeft === 0) this.#endFrame();
  }

  #readBody(chunk: Buffer, offset: number): number {
    const end = offset + Math.min(this.#bodyLeft, chunk.length - offset);
    if (this.#target !== null) {
      this.#target.set(chunk.subarray(offset, end), this.#targetUsed);
      this.#targetUsed += end - offset;
    }
    this.#bodyLeft -= end - offset;
    if (this.#bodyLeft === 0) this.#endFrame();
    return end;
  }

  #endFrame(): void {
    this.#headerSeen = 0;
    if (this.#target === null) return;
    this.#target = null;
    this.#sink?.commit();
  }
}
