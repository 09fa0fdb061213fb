import { SyncError, isErrorCode } from '@millrace/kernel';
import { corrupt } from './corrupt.js';
import { readFrames } from './frames.js';
import { decodePart } from './part-codec.js';
import { PartOrder } from './part-order.js';
import type { SnapshotPart } from './snapshot-part.js';

/**
 * The parts of a snapshot, checked as they come: order, counts of rows, and that it is whole. What has been read is only good if
 * this returns.
 *
 * @throws SyncError `snapshot-corrupt` if it is cut, has other counts or holds anything else; the server's own error, if it
 *   could not finish
 */
export async function* decodeSnapshot(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<SnapshotPart, void, void> {
  const order = new PartOrder();
  for await (const frame of readFrames(bytes)) {
    const part = decodePart(frame);
    if (part.kind === 'error') {
      throw new SyncError(isErrorCode(part.code) ? part.code : 'snapshot-failed', part.message);
    }
    order.accept(part);
    yield part;
  }
  if (!order.ended) throw corrupt('it ends early');
}
