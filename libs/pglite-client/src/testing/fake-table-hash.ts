import type { Row } from '@millrace/kernel';
import type { TableHash } from '@millrace/hydration';
import type { TableMeta } from '@millrace/schema-meta';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** What the fake store has for {@link TableHash}: number of rows, and the sum of a hash of each. */
export function fakeTableHash(table: TableMeta, rows: Iterable<Row>): TableHash {
  let count = 0;
  let sum = 0n;
  for (const row of rows) {
    count += 1;
    sum += mixed(fnv64(JSON.stringify(table.columns.map((column) => row[column.name] ?? null))));
  }
  return { algorithm: 'fake-sum-v1', count: String(count), hash: String(sum) };
}

/** Spreads each bit over all: two rows that change alike in one letter would cancel each other out in a sum. */
function mixed(hash: bigint): bigint {
  const once = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * 0xff51afd7ed558ccdn);
  const twice = BigInt.asUintN(64, (once ^ (once >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return twice ^ (twice >> 33n);
}

function fnv64(text: string): bigint {
  let hash = OFFSET;
  for (let index = 0; index < text.length; index += 1)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * PRIME);
  return hash;
}
