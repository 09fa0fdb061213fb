const BLOCK = 512;
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;

/** A tar archive without the entries whose names match. Names above 100 characters are not known here; a data directory has none. */
export function withoutEntries(archive: Uint8Array<ArrayBuffer>, unwanted: RegExp): Blob {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  while (offset + BLOCK <= archive.length && archive[offset] !== 0) {
    const header = archive.subarray(offset, offset + BLOCK);
    const content = Math.ceil(parseInt(field(header, SIZE), 8) / BLOCK) * BLOCK;
    const end = offset + BLOCK + content;
    if (!unwanted.test(field(header, NAME))) kept.push(archive.subarray(offset, end));
    offset = end;
  }
  return new Blob([...kept, archive.subarray(offset)], { type: 'application/x-tar' });
}

function field(header: Uint8Array, [from, to]: readonly [number, number]): string {
  const text = new TextDecoder().decode(header.subarray(from, to));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
