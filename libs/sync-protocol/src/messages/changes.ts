import * as v from 'valibot';
import { nameSchema, rowSchema } from '../schemas.js';

/**
 * One change as a client applies it to its base rows. `put`: the whole row, new or not. `patch`: the columns that changed; absent =
 * unchanged [C4]. `remove`: the row is gone or has left the scope; which of the two is nobody's business (X10). A key never changes by
 * `patch`: that is a `remove` and a `put`.
 */
export const rowChangeSchema = v.variant('op', [
  v.object({ op: v.literal('put'), table: nameSchema, row: rowSchema }),
  v.object({ op: v.literal('patch'), table: nameSchema, key: rowSchema, set: rowSchema }),
  v.object({ op: v.literal('remove'), table: nameSchema, key: rowSchema }),
  v.object({ op: v.literal('truncate'), table: nameSchema }),
]);
export type RowChange = v.InferOutput<typeof rowChangeSchema>;

/** Server → client: a part of the open transaction. */
export const changesSchema = v.object({ type: v.literal('changes'), changes: v.array(rowChangeSchema) });
export type Changes = v.InferOutput<typeof changesSchema>;
