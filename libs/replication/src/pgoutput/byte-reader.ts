import { SyncError, lsnFrom, type Lsn } from '@millrace/kernel';
import { utf8Text } from '../utf8.js';

/** One character for each byte, and the same one for those of ASCII; others are only told by it, and read as what they are. */
const BYTES_AS_TEXT = new TextDecoder('latin1');
const BEYOND_ASCII = /[^\0-\x7f]/;
/** Longer messages are few values, or large ones: reading them twice would cost more than it saves. */
const SHORT_BYTES = 16 * 1024;

/** Reads one replication message from front to back. Every read is checked against its end: a message cut short is an error, never a guess. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  /** The whole message by {@link BYTES_AS_TEXT}: a call of the decoder for each of its values costs several times as much. */
  #text: string | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** States that the message has been read whole: bytes left over mean that it is not what it was taken for. */
  end(): void {
    if (this.#at !== this.#bytes.length)
      throw new SyncError('decode-failed', `a replication message has ${this.#bytes.length - this.#at} bytes too many`);
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  lsn(): Lsn {
    return lsnFrom(this.#view.getBigUint64(this.#take(8)));
  }

  /** Text that ends with a zero byte. */
  cString(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw cutShort('a name without its end');
    const text = this.#decode(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** Text of so many bytes. */
  text(length: number): string {
    const start = this.#take(length);
    return this.#decode(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start)
      throw cutShort(`${length} bytes wanted, ${this.#bytes.length - start} left`);
    this.#at = start + length;
    return start;
  }

  #decode(start: number, end: number): string {
    if (this.#bytes.length > SHORT_BYTES) return utf8Text(this.#bytes.subarray(start, end));
    const text = (this.#text ??= BYTES_AS_TEXT.decode(this.#bytes)).slice(start, end);
    return BEYOND_ASCII.test(text) ? utf8Text(this.#bytes.subarray(start, end)) : text;
  }
}

function cutShort(what: string): SyncError {
  return new SyncError('decode-failed', `a replication message is cut short: ${what}`);
}
