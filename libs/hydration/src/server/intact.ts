import type { BlobStore } from '@millrace/kernel';
import type { ChunkCodec } from './build-table.js';
import { chunkKey } from './chunk-uploads.js';
import type { FinishedBuild } from './table-build.js';

/** Whether every chunk of a build is in the store as it was put there. Reads them all, one at a time. */
export async function isIntact(
  { id, content }: FinishedBuild,
  {
    blobs,
    codec,
    snapshotKey,
  }: { readonly blobs: BlobStore; readonly codec: ChunkCodec; readonly snapshotKey: string },
): Promise<boolean> {
  for (const [n, chunk] of content.chunks.entries()) {
    const blob = await blobs.get(chunkKey(snapshotKey, id, n));
    if (!blob) return false;
    const packed = new Uint8Array(
      await new Response(blob.body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    );
    const bytes = unpacked(packed, codec);
    if (bytes === null || (await codec.sha256(bytes)) !== chunk.digest) return false;
  }
  return true;
}

/** Null if they are no gzip. */
function unpacked(packed: Uint8Array, codec: ChunkCodec): Uint8Array | null {
  try {
    return codec.gunzip(packed);
  } catch {
    return null;
  }
}
