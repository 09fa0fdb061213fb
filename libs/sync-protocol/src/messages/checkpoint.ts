import * as v from 'valibot';
import { nameSchema, positionSchema, uuidSchema } from '../schemas.js';

/** Number of rows and a hash that does not depend on their order, by a named algorithm: only equal algorithms compare [S6]. */
export const tableHashSchema = v.object({
  algorithm: nameSchema,
  count: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
  hash: v.pipe(v.string(), v.regex(/^-?\d{1,60}$/)),
});

/**
 * Server → client: what the tables in scope hold, read at `from` in one transaction that shows nothing later than `to`. A client whose cursor has
 * reached `to`, and to whose table nothing happened after `from`, must hold the same base rows; any other comparison says nothing [S6].
 */
export const checkpointSchema = v.object({
  type: v.literal('checkpoint'),
  from: positionSchema,
  to: positionSchema,
  tables: v.array(
    v.object({
      name: nameSchema,
      hash: tableHashSchema,
      /** Builds of the table that were begun before: to a client whose rows differ they may bring the same rows once more. */
      builds: v.optional(v.array(uuidSchema)),
    }),
  ),
});
export type Checkpoint = v.InferOutput<typeof checkpointSchema>;
