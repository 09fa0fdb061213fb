import * as v from 'valibot';
import { nameSchema, seqSchema } from '../schemas.js';
import { resyncCauses } from './resync.js';

/**
 * Server → client, the last frame of a socket: what comes next cannot be delivered as a transaction. The client reads these tables anew, from
 * a snapshot that is not older than `atLeast`, keeps all others, and continues from where that leads [S4].
 */
export const fillSchema = v.object({
  type: v.literal('fill'),
  tables: v.pipe(v.array(nameSchema), v.minLength(1)),
  cause: v.picklist(resyncCauses),
  /** seq that the rows must hold: where the transaction ends that could not be delivered. */
  atLeast: seqSchema,
});
export type Fill = v.InferOutput<typeof fillSchema>;
