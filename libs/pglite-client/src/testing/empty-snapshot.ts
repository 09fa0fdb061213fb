import type { SnapshotPart } from '@millrace/hydration';
import { conformanceSchema } from './conformance-schema.js';
import { snapshot } from './conformance/client-store-world.js';

/** A binary COPY of no rows. */
const NO_ROWS = Uint8Array.of(
  0x50,
  0x47,
  0x43,
  0x4f,
  0x50,
  0x59,
  0x0a,
  0xff,
  0x0d,
  0x0a,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0xff,
  0xff,
);

/** A snapshot of empty tables of {@link conformanceSchema} at `seq`. */
export function emptySnapshot(seq: number): AsyncGenerator<SnapshotPart> {
  return snapshot(
    { encodeRows: () => Promise.resolve(NO_ROWS) },
    Object.fromEntries(conformanceSchema.tables.map((table) => [table.name, []])),
    { seq },
  );
}
