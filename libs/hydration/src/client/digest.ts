/** Hex digest of a chunk's unpacked bytes, as the manifest states it. */
export type Digest = (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;

/** SHA-256 by WebCrypto, which every runtime has: off the thread in browsers. */
export const sha256: Digest = async (bytes) => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
};
