import { SyncError } from '@millrace/kernel';

/** Bytes after which a new file is begun: a COPY is one step in which nothing else runs, and its file is held in memory. */
const FILE_BYTES = 4 * 1024 * 1024;

/** `PGCOPY\n\xff\r\n\0`, flags, length of the extension. */
const SIGNATURE = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
const HEADER_BYTES = SIGNATURE.length + 8;
const HEADER = concat([SIGNATURE, new Uint8Array(8)]);
const TRAILER = Uint8Array.of(0xff, 0xff);

/** Binary COPY files of one table. */
export interface CopyFiles {
  /** Takes the next bytes of the table's one COPY stream. */
  add(bytes: Uint8Array): void;
  /** The same rows as files that can be loaded one by one. */
  finish(): readonly Blob[];
}

/** Cuts a binary COPY stream into several files: each with header and trailer of its own, cut where a row ends. */
export function copyFiles(): CopyFiles {
  const files: Blob[] = [];
  let rows: Uint8Array[] = [];
  let size = 0;
  let rest: Uint8Array = new Uint8Array();
  let started = false;
  let ended = false;

  function close(): void {
    if (rows.length > 0) files.push(new Blob([HEADER, ...rows, TRAILER] as BlobPart[]));
    rows = [];
    size = 0;
  }

  function add(bytes: Uint8Array): void {
    if (ended && bytes.length > 0) throw corrupt('bytes after the end');
    let data = rest.length === 0 ? bytes : concat([rest, bytes]);
    if (!started) {
      const header = headerLength(data);
      if (header === null) {
        rest = data.slice();
        return;
      }
      started = true;
      data = data.subarray(header);
    }
    const whole = wholeRows(data);
    ended = whole.ended;
    if (ended && whole.next < data.length) throw corrupt('bytes after the end');
    if (whole.end > 0) {
      rows.push(data.slice(0, whole.end));
      size += whole.end;
    }
    rest = ended ? new Uint8Array() : data.slice(whole.end);
    if (size >= FILE_BYTES) close();
  }

  return {
    add,
    finish: () => {
      if (started && !ended) throw corrupt('it ends early');
      close();
      return files;
    },
  };
}

function headerLength(data: Uint8Array): number | null {
  if (data.length < HEADER_BYTES) return null;
  if (SIGNATURE.some((byte, index) => data[index] !== byte)) throw corrupt('no COPY header');
  const view = new DataView(data.buffer, data.byteOffset);
  const length = HEADER_BYTES + view.getUint32(SIGNATURE.length + 4);
  return data.length < length ? null : length;
}

/** Where the last whole row ends, and whether the trailer follows it. */
function wholeRows(data: Uint8Array): { readonly end: number; readonly next: number; readonly ended: boolean } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let end = 0;
  while (end + 2 <= data.length) {
    const fields = view.getInt16(end);
    if (fields === -1) return { end, next: end + 2, ended: true };
    const next = rowEnd(view, end + 2, fields);
    if (next === null) break;
    end = next;
  }
  return { end, next: end, ended: false };
}

function rowEnd(view: DataView, start: number, fields: number): number | null {
  let at = start;
  for (let field = 0; field < fields; field += 1) {
    if (at + 4 > view.byteLength) return null;
    const length = view.getInt32(at);
    at += 4 + Math.max(0, length);
  }
  return at > view.byteLength ? null : at;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function corrupt(what: string): SyncError {
  return new SyncError('snapshot-corrupt', `COPY data of the snapshot: ${what}`);
}
