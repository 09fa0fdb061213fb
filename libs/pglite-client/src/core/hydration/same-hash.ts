import type { TableHash } from '@millrace/hydration';

/** Equal rows, as far as a hash can tell; hashes of different algorithms never compare [S6]. */
export function sameHash(a: TableHash, b: TableHash): boolean {
  return a.algorithm === b.algorithm && a.count === b.count && a.hash === b.hash;
}
