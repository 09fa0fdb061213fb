import { must, type SqlConnection } from '@millrace/kernel';
import { quoteTable, type TableMeta } from '@millrace/schema-meta';
import { hashTable, type TableHash } from '../table-hash.js';

/** Blocks of 8 kB that one statement hashes: 256 MiB, which take seconds. */
const PART_BLOCKS = 32_768;

export interface HashInPartsOptions {
  readonly condition: string;
  /** Called after each part. */
  readonly onPart: () => void;
  readonly partBlocks?: number;
}

/**
 * Counts and hashes the rows of a table that meet the condition, a stretch of the table at a time: one statement over a large table would say nothing for
 * minutes, and nobody could tell it from one that is stuck. Must run in one snapshot with whatever its result is compared with.
 */
export async function hashInParts(
  sql: SqlConnection,
  table: TableMeta,
  { condition, onPart, partBlocks = PART_BLOCKS }: HashInPartsOptions,
): Promise<TableHash> {
  const parts: TableHash[] = [];
  for (const stretch of stretches(await blocksOf(sql, table), partBlocks)) {
    parts.push(await hashTable(sql, table, stretch === null ? condition : `(${condition}) and ${stretch}`));
    onPart();
  }
  return parts.reduce(sum);
}

/** Of the longest of its files: a partitioned table has none of its own, and each of its partitions counts blocks from 0. */
async function blocksOf(sql: SqlConnection, { name }: TableMeta): Promise<number> {
  const { rows } = await sql.query(
    `select (max(pg_relation_size(relation)) / current_setting('block_size')::bigint)::text as blocks
     from (select $1::regclass as relation union select relid from pg_partition_tree($1::regclass)) files`,
    [quoteTable(name)],
  );
  return Number(must(rows[0]?.['blocks'], 'a table has a size'));
}

/** Conditions that split a table; null: all of it. The last one has no end: what it leaves out would be lost. */
function stretches(blocks: number, size: number): readonly (string | null)[] {
  if (blocks <= size) return [null];
  const starts = Array.from({ length: Math.ceil(blocks / size) }, (_, n) => n * size);
  return starts.map((start) => {
    const from = `ctid >= '(${start},0)'::tid`;
    return start + size >= blocks ? from : `${from} and ctid < '(${start + size},0)'::tid`;
  });
}

function sum(a: TableHash, b: TableHash): TableHash {
  return {
    algorithm: a.algorithm,
    count: (BigInt(a.count) + BigInt(b.count)).toString(),
    hash: (BigInt(a.hash) + BigInt(b.hash)).toString(),
  };
}
