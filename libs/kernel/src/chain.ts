import { portableHash, type CreateHash } from './ports/digests.js';

/** Hex digits kept of each link: 128 bits are far beyond accident, and this is no signature. */
const CHAIN_HEX = 32;

/** The chain at the birth of an epoch, before its first transaction. */
export function chainStart(epoch: string): string {
  return portableHash('sha256').update(`millrace-epoch:${epoch}`).digest('hex').slice(0, CHAIN_HEX);
}

/**
 * The chain after one more transaction. `content` is the canonical text of all that is persisted of it, so that a history
 * whose rows were altered, or restored from a backup and grown differently, ends in another chain (E1, A4).
 */
export function chainNext(previous: string, content: string): string {
  return chainLink(previous).add(content).end();
}

/** One link of the chain from a content that comes line by line: for one that is too large to be held. */
export interface ChainLink {
  /** One or more whole lines of the content, without the last line break. */
  add(lines: string): ChainLink;
  /** As {@link chainNext} of all lines. */
  end(): string;
}

/** `createHash`: the host's own, if it has one; the chain is the same by any. */
export function chainLink(previous: string, createHash: CreateHash = portableHash): ChainLink {
  const hash = createHash('sha256').update(previous);
  const link: ChainLink = {
    add(lines) {
      hash.update(`\n${lines}`);
      return link;
    },
    end: () => hash.digest('hex').slice(0, CHAIN_HEX),
  };
  return link;
}
