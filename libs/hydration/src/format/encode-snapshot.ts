import { PREAMBLE } from './frames.js';
import { encodePart } from './part-codec.js';
import type { SnapshotPart } from './snapshot-part.js';

/** The bytes of a snapshot whose parts are at hand. Their order is not checked: decoding does. */
export function* encodeSnapshot(parts: Iterable<SnapshotPart>): Generator<Uint8Array, void, void> {
  yield PREAMBLE;
  for (const part of parts) yield encodePart(part);
}
