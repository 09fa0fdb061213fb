import { corrupt } from './frames.js';

/** `PGCOPY\n\xff\r\n\0`, then flags and the length of an extension. */
const SIGNATURE = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
const HEADER_BYTES = SIGNATURE.length + 8;
const TRAILER = -1;

/** Counts the rows of one binary COPY stream, block by block: the only proof that none was lost on the way. */
export class CopyRowCounter {
  rows = 0;
  #begun = false;
  #ended = false;

  /** Takes the next block. Throws `snapshot-corrupt` if it does not consist of whole rows. */
  add(block: Uint8Array): void {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    let offset = this.#begun ? 0 : readHeader(view);
    this.#begun = true;
    while (offset < view.byteLength) {
      if (this.#ended) throw corrupt('rows after the end of a table');
      const fields = view.byteLength - offset < 2 ? null : view.getInt16(offset);
      if (fields === null || fields < TRAILER) throw corrupt('a row that is cut');
      offset += 2;
      if (fields === TRAILER) this.#ended = true;
      else {
        offset = rowEnd(view, offset, fields);
        this.rows += 1;
      }
    }
  }

  /** Throws `snapshot-corrupt` unless the stream has come to its end with that many rows. */
  finish(expected: number): void {
    if (!this.#ended) throw corrupt('a table without end');
    if (this.rows !== expected) throw corrupt(`a table of ${expected} rows came with ${this.rows}`);
  }
}

function readHeader(view: DataView): number {
  if (view.byteLength < HEADER_BYTES || SIGNATURE.some((byte, index) => view.getUint8(index) !== byte)) {
    throw corrupt('rows without the header of binary COPY');
  }
  const end = HEADER_BYTES + view.getUint32(HEADER_BYTES - 4);
  if (end > view.byteLength) throw corrupt('a header that is cut');
  return end;
}

function rowEnd(view: DataView, start: number, fields: number): number {
  let offset = start;
  for (let field = 0; field < fields; field += 1) {
    if (offset + 4 > view.byteLength) throw corrupt('a row that is cut');
    const length = view.getInt32(offset);
    if (length < -1) throw corrupt('a value of impossible length');
    offset += 4 + Math.max(0, length);
  }
  if (offset > view.byteLength) throw corrupt('a row that is cut');
  return offset;
}
