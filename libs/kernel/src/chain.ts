import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Hex digits kept of each link: 128 bits are far beyond accident, and this is no signature. */
const CHAIN_HEX = 32;

/** The chain at the birth of an epoch, before its first transaction. */
export function chainStart(epoch: string): string {
  return link(`millrace-epoch:${epoch}`);
}

/**
 * The chain after one more transaction. `content` is the canonical text of all that is persisted of it, so that a history
 * whose rows were altered, or restored from a backup and grown differently, ends in another chain (E1, A4).
 */
export function chainNext(previous: string, content: string): string {
  return link(`${previous}\n${content}`);
}

function link(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, CHAIN_HEX);
}
