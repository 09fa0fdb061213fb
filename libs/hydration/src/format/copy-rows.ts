import { corrupt } from './corrupt.js';

/** `PGCOPY\n\xff\r\n\0`. */
const SIGNATURE = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
/** The signature, then flags and the length of an extension: none of either. */
export const COPY_HEADER: Uint8Array = Uint8Array.of(...SIGNATURE, 0, 0, 0, 0, 0, 0, 0, 0);
export const COPY_TRAILER: Uint8Array = Uint8Array.of(0xff, 0xff);
const TRAILER_FIELDS = -1;

/** Walks the rows of one binary COPY stream, block by block: the only proof that none was lost or cut on the way. */
export class CopyRows {
  rows = 0;
  #begun = false;
  #ended = false;

  /**
   * Takes the next block and calls `onRow` with the bounds of each row in it. Throws `snapshot-corrupt` if it does not consist of whole rows.
   */
  walk(block: Uint8Array, onRow: (start: number, end: number) => void = () => undefined): void {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    let offset = this.#begun ? 0 : headerEnd(view);
    this.#begun = true;
    while (offset < view.byteLength) {
      if (this.#ended) throw corrupt('rows after the end of a table');
      const fields = view.byteLength - offset < 2 ? null : view.getInt16(offset);
      if (fields === null || fields < TRAILER_FIELDS) throw corrupt('a row that is cut');
      if (fields === TRAILER_FIELDS) {
        this.#ended = true;
        offset += 2;
        continue;
      }
      const end = rowEnd(view, offset + 2, fields);
      onRow(offset, end);
      this.rows += 1;
      offset = end;
    }
  }

  /** Throws `snapshot-corrupt` unless the stream has come to its end with that many rows. */
  finish(expected: number): void {
    if (!this.#ended) throw corrupt('a table without end');
    if (this.rows !== expected) throw corrupt(`a table of ${expected} rows came with ${this.rows}`);
  }
}

/** The values of one row, by its bytes. */
export function rowFields(row: Uint8Array): readonly (Uint8Array | null)[] {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const fields: (Uint8Array | null)[] = [];
  let offset = 2;
  while (offset < row.byteLength) {
    const length = view.getInt32(offset);
    offset += 4;
    fields.push(length < 0 ? null : row.subarray(offset, offset + length));
    offset += Math.max(0, length);
  }
  return fields;
}

function headerEnd(view: DataView): number {
  if (view.byteLength < COPY_HEADER.length || SIGNATURE.some((byte, index) => view.getUint8(index) !== byte)) {
    throw corrupt('rows without the header of binary COPY');
  }
  const end = COPY_HEADER.length + view.getUint32(COPY_HEADER.length - 4);
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
