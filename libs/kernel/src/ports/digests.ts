import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** A digest under way. */
export interface Digest {
  /** One more piece of the content, as UTF-8. */
  update(text: string): Digest;
  /** Of all pieces; nothing may follow. */
  digest(encoding: 'hex'): string;
}

/** Begins a digest. `createHash` of `node:crypto` is one, and several times as fast as {@link portableHash} where it exists. */
export type CreateHash = (algorithm: 'sha256') => Digest;

/** The same in JavaScript, for where there is nothing else. */
export const portableHash: CreateHash = () => {
  const hash = sha256.create();
  const open: Digest = {
    update(text) {
      hash.update(utf8ToBytes(text));
      return open;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return open;
};
