import * as v from 'valibot';
import { seqSchema } from '../schemas.js';

/** Client → server: everything up to `seq` is durable here [A1]. `chars` counts all delivered text since `welcome`; it returns credit [D5]. */
export const receivedSchema = v.object({
  type: v.literal('received'),
  seq: seqSchema,
  chars: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});
export type Received = v.InferOutput<typeof receivedSchema>;
