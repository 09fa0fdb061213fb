import { SyncError } from '@millrace/kernel';

const DIGITS = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) DIGITS['0123456789abcdef'.charCodeAt(value)] = value;

/** Bytes of lower-case hex text, as `encode(…, 'hex')` prints it. */
export function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let index = 0; index < bytes.length; index++) {
    const value = ((DIGITS[hex.charCodeAt(index * 2)] ?? -1) << 4) | (DIGITS[hex.charCodeAt(index * 2 + 1)] ?? -1);
    if (value < 0) throw new SyncError('decode-failed', 'a replication message is not hex text');
    bytes[index] = value;
  }
  return bytes;
}
