import {
  SyncError,
  type BlobStore,
  type Clock,
  type CopySession,
  type Logger,
  type SqlConnection,
} from '@millrace/kernel';
import type { TableMeta } from '@millrace/schema-meta';
import type { SnapshotChunk, SnapshotFormat } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { CHUNK_LIMITS, ChunkCutter, type ChunkLimits, type CutChunk } from '../format/chunk-cutter.js';
import type { TableHash } from '../table-hash.js';
import { ChunkUploads, chunkKey } from './chunk-uploads.js';
import { copyQuery } from './copy-query.js';
import { hashInParts } from './hash-in-parts.js';
import { keyTextOfRow } from './key-text.js';
import { readTables, type ReadBasis } from './read-table.js';
import { READ_BOUNDS, watchReading, type ReadBounds } from './reading-watch.js';
import { scopeCondition } from './scope-condition.js';

/** What this runtime packs and digests with. */
export interface ChunkCodec {
  /** As one gzip member, at a level that keeps up with COPY. */
  gzip(bytes: Uint8Array): Uint8Array;
  /** SHA-256, hex. */
  sha256(bytes: Uint8Array): string | Promise<string>;
}

export interface BuildTableOptions {
  /** No other transaction runs on it meanwhile. It is closed when the table takes too long or cannot be stored. */
  readonly session: CopySession;
  readonly table: TableMeta;
  /** Whose rows. */
  readonly claims: Claims;
  readonly format: SnapshotFormat;
  readonly slot: string;
  /** Chunks go to `chunkKey(snapshotKey, buildId, n)`. */
  readonly snapshotKey: string;
  readonly buildId: string;
  readonly blobs: BlobStore;
  readonly codec: ChunkCodec;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether somebody wants to change that table, asked on another connection [S1]. */
  readonly inTheWay: () => Promise<boolean>;
  /** Called now and then while the table is being read. */
  readonly onProgress: () => void;
  /** Called before chunk `n` is stored, with the rows read so far: whoever remembers it can remove what a crash leaves behind. */
  readonly onChunk: (n: number, rows: number) => void;
  /** Of the time from lock to commit. */
  readonly bounds?: ReadBounds;
  readonly limits?: ChunkLimits;
}

/** A table's rows in the store, and where they stand. They are whole once capture has passed `seenUpTo` [S2]. */
export interface TableRows extends ReadBasis {
  readonly rows: number;
  readonly rawBytes: number;
  readonly hash: TableHash;
  readonly keyRange: { readonly first: string; readonly last: string } | null;
  readonly chunks: readonly SnapshotChunk[];
}

/**
 * Reads a table's rows in scope in one transaction and stores them as chunks; count and hash are taken in the same transaction [S6]. Postgres
 * waits while the store does, so that memory holds a few chunks whatever the table's size (I11). When it throws, no chunk is under way any more.
 */
export async function buildTable(options: BuildTableOptions): Promise<TableRows> {
  const { session, table, slot, clock, bounds = READ_BOUNDS } = options;
  const uploads = new ChunkUploads(options.blobs, clock);
  try {
    const what = `table ${table.name}`;
    const read = await watchReading({ ...options, bounds, what }, (progress) =>
      readTables(session, { tables: [table], slot, mostMs: bounds.mostMs }, (sql, basis) =>
        readRows(options, { sql, basis, uploads, progress }),
      ),
    );
    await uploads.finish();
    return read;
  } finally {
    await uploads.settled();
  }
}

interface Reading {
  readonly sql: SqlConnection;
  readonly basis: ReadBasis;
  readonly uploads: ChunkUploads;
  readonly progress: () => void;
}

async function readRows(options: BuildTableOptions, { sql, basis, uploads, progress }: Reading): Promise<TableRows> {
  const { table, claims, format, limits = CHUNK_LIMITS } = options;
  const cutter = new ChunkCutter(format, limits);
  const chunks: SnapshotChunk[] = [];
  const store = async (chunk: CutChunk) => {
    options.onChunk(chunks.length, cutter.rows);
    const packed = options.codec.gzip(chunk.bytes);
    const digest = await options.codec.sha256(chunk.bytes);
    chunks.push({ rows: chunk.rows, bytes: packed.length, rawBytes: chunk.bytes.length, digest });
    await uploads.put(chunkKey(options.snapshotKey, options.buildId, chunks.length - 1), packed);
    progress();
  };
  const blocks = options.session.copyOut(copyQuery(table, claims, format));
  const rows = await copyInto(blocks, cutter, { store, progress });
  const hash = await hashInParts(sql, table, { condition: scopeCondition(table, claims), onPart: progress });
  if (hash.count !== String(rows)) throw new SyncError('assertion-failed', 'count and COPY of one moment differ');
  return { ...basis, rows, rawBytes: sum(chunks), hash, keyRange: keyRange(options, cutter), chunks };
}

/** Returns the number of rows. */
async function copyInto(
  blocks: ReturnType<CopySession['copyOut']>,
  cutter: ChunkCutter,
  { store, progress }: { readonly store: (chunk: CutChunk) => Promise<void>; readonly progress: () => void },
): Promise<number> {
  try {
    for (;;) {
      const next = await blocks.next();
      progress();
      if (!next.done) {
        for (const chunk of cutter.add(next.value)) await store(chunk);
        continue;
      }
      const { rowCount } = next.value;
      const last = cutter.finish(rowCount);
      if (last) await store(last);
      return rowCount;
    }
  } finally {
    await blocks.return({ rowCount: 0 });
  }
}

function keyRange({ table, format }: BuildTableOptions, { firstRow, lastRow }: ChunkCutter): TableRows['keyRange'] {
  if (!firstRow || !lastRow) return null;
  return { first: keyTextOfRow(table, format, firstRow), last: keyTextOfRow(table, format, lastRow) };
}

function sum(chunks: readonly SnapshotChunk[]): number {
  return chunks.reduce((total, { rawBytes }) => total + rawBytes, 0);
}
