import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ChunkCodec } from '@millrace/hydration';

/** Level 1 packs rows almost as well as level 6, three times as fast; at once rather than as a stream, since CompressionStream passes no back-pressure on. */
export const chunkCodec: ChunkCodec = {
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
};
