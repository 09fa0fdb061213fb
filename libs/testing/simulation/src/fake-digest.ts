/** In place of SHA-256, which works beside and would take a run's order with it: 64 hex digits that any changed byte changes. */
export function fakeDigest(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = bytes.length;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193) >>> 0;
    b = (Math.imul(b, 31) + byte) >>> 0;
  }
  return `${hex(a)}${hex(b)}`.repeat(4);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
