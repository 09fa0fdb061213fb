/**
 * Bytes that are here as the blob that PGlite takes. It asks for nothing but `arrayBuffer`; a browser's own blob is made by asking another process, and
 * copied there and back: 15 ms and more for a chunk.
 */
export function blobOf(bytes: Uint8Array<ArrayBuffer>): Blob {
  const { buffer, byteLength } = bytes;
  const whole = buffer.byteLength === byteLength ? buffer : bytes.slice().buffer;
  const blob: Pick<Blob, 'arrayBuffer' | 'size'> = { size: byteLength, arrayBuffer: () => Promise.resolve(whole) };
  return blob as Blob;
}
