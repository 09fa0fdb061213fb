import { SyncError } from '@millrace/kernel';
import { corrupt } from './corrupt.js';

/** First bytes of every snapshot: what it is, and the version of this format. */
export const PREAMBLE = new TextEncoder().encode('MRSNAP01');

/** One frame's content at most: a block of rows, or one row far above the row limit. Bounds what a reader allocates. */
export const FRAME_BYTES = 64 * 1024 * 1024;

const HEAD_BYTES = 5;

/** A frame: one byte for its kind, four for the length of its content (big-endian), the content. */
export interface Frame {
  readonly kind: number;
  readonly content: Uint8Array;
}

/** Throws `snapshot-failed` if the content is above {@link FRAME_BYTES}. */
export function encodeFrame({ kind, content }: Frame): Uint8Array {
  if (content.length > FRAME_BYTES) {
    throw new SyncError('snapshot-failed', `a row of ${content.length} bytes is too large for a snapshot`);
  }
  const bytes = new Uint8Array(HEAD_BYTES + content.length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, content.length);
  bytes.set(content, HEAD_BYTES);
  return bytes;
}

/** The frames of a snapshot, however its bytes are cut. Throws `snapshot-corrupt` if it is none, or ends within a frame. */
export async function* readFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, void, void> {
  const reader = new ByteReader(bytes);
  try {
    const preamble = await reader.read(PREAMBLE.length);
    if (preamble === null || preamble.some((byte, index) => byte !== PREAMBLE[index])) throw corrupt('it is none');
    for (;;) {
      const head = await reader.read(HEAD_BYTES);
      if (head === null) return;
      const length = new DataView(head.buffer).getUint32(1);
      if (length > FRAME_BYTES) throw corrupt(`a part of ${length} bytes`);
      const content = await reader.read(length);
      if (content === null) throw corrupt('it ends within a part');
      yield { kind: head[0] ?? 0, content };
    }
  } finally {
    await reader.stop();
  }
}

/** Hands out exactly as many bytes as asked for, in an array of their own. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Null if the source ended right before; throws if it ends in between. */
  async read(length: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const target = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#chunk.length === 0) {
        const next = await this.#source.next();
        if (!next.done) this.#chunk = next.value;
        else if (filled === 0) return null;
        else throw corrupt('it ends within a part');
      }
      const take = this.#chunk.subarray(0, length - filled);
      target.set(take, filled);
      filled += take.length;
      this.#chunk = this.#chunk.subarray(take.length);
    }
    return target;
  }

  async stop(): Promise<void> {
    await this.#source.return?.();
  }
}
