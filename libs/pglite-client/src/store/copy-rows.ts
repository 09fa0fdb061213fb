/** Bytes after which a new file is begun: a COPY is one step in which nothing else runs, and its file is held in memory. */
const FILE_BYTES = 4 * 1024 * 1024;

/** `PGCOPY\n\xff\r\n\0`, no flags, no extension. */
const HEADER = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const TRAILER = Uint8Array.of(0xff, 0xff);

/** Binary COPY files of one table. */
export interface CopyFiles {
  /** Takes the next whole rows of the table's one COPY stream: its header comes with the first ones, its trailer with the last. */
  add(block: Uint8Array): void;
  /** The same rows as files that can be loaded one by one. */
  finish(): readonly Blob[];
}

/** Cuts a binary COPY stream into several files, each with header and trailer of its own. The stream was checked when it was decoded. */
export function copyFiles(): CopyFiles {
  const files: Blob[] = [];
  let blocks: Uint8Array[] = [];
  let size = 0;
  let begun = false;

  function close(last: boolean): void {
    if (size === 0) return;
    const end = last ? [] : [TRAILER];
    files.push(new Blob([HEADER, ...blocks, ...end] as BlobPart[]));
    blocks = [];
    size = 0;
  }

  return {
    add: (block) => {
      if (size >= FILE_BYTES) close(false);
      const rows = begun ? block : block.subarray(headerLength(block));
      begun = true;
      blocks.push(rows);
      size += rows.length;
    },
    finish: () => {
      close(true);
      return files;
    },
  };
}

function headerLength(block: Uint8Array): number {
  return HEADER.length + new DataView(block.buffer, block.byteOffset).getUint32(HEADER.length - 4);
}
