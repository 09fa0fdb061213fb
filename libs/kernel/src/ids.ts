import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const HISTORY_NAMESPACE = hexToBytes('0d3b1f4e7f0c5a869d6e3f1b8f6c52aa');

/** `change_history.id`: a uuid v5 of the row's epoch and seq, so that a row can be named by one value and re-derived by anyone. */
export function historyRowId(epoch: string, seq: bigint): string {
  return historyRowIds(epoch)(seq);
}

/** {@link historyRowId} of one epoch: a row costs a digest of two blocks, which is too little for a host's own to be faster. */
export function historyRowIds(epoch: string): (seq: bigint) => string {
  const prefix = utf8ToBytes(`${epoch}:`);
  const start = HISTORY_NAMESPACE.length + prefix.length;
  const longest = new Uint8Array(start + SEQ_DIGITS);
  longest.set(HISTORY_NAMESPACE);
  longest.set(prefix, HISTORY_NAMESPACE.length);
  return (seq) => {
    const digits = seq.toString();
    for (let at = 0; at < digits.length; at++) longest[start + at] = digits.charCodeAt(at);
    return uuidV5Text(sha1(longest.subarray(0, start + digits.length)));
  };
}

/** Of the largest 64-bit number. */
const SEQ_DIGITS = 19;

/** RFC 9562 §5.5, from the digest of namespace and name. */
function uuidV5Text(digest: Uint8Array): string {
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  const hex = bytesToHex(digest);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Canonical lower-case uuid text, as Postgres prints it. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
