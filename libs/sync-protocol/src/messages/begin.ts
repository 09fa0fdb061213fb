import * as v from 'valibot';
import { seqSchema } from '../schemas.js';

/** Server → client: a transaction begins. `from` is the cursor it continues; another one at the client is a gap, and the client reconnects (I4). */
export const beginSchema = v.object({ type: v.literal('begin'), from: seqSchema, time: v.nullable(v.string()) });
export type Begin = v.InferOutput<typeof beginSchema>;
