import * as v from 'valibot';
import { mutationResultSchema, positionSchema } from '../schemas.js';

/** Server → client: the open transaction is whole; show it and move the cursor to `position`. `mutation`: it was this client's own, and this is its ack [W5]. */
export const commitSchema = v.object({
  type: v.literal('commit'),
  position: positionSchema,
  mutation: v.nullable(mutationResultSchema),
});
export type Commit = v.InferOutput<typeof commitSchema>;
