import { fits } from '@millrace/schema-compat';
import * as v from 'valibot';
import { mutationResultSchema, nameSchema, positionSchema } from '../schemas.js';

/** Server → client: the answer to `hello`. Transactions after the client's cursor follow. */
export const welcomeSchema = v.object({
  type: v.literal('welcome'),
  protocol: v.pipe(v.number(), v.safeInteger()),
  /** Where history ends now: what the client catches up to. */
  head: positionSchema,
  /** The schema in force at `head`, and what that means for this client. */
  schema: v.object({ version: nameSchema, fit: v.picklist(fits) }),
  /** Verdicts of this client's mutations that its cursor already covers but that it has not settled [W5]. */
  verdicts: v.array(mutationResultSchema),
  /** Characters that may be in flight before the server waits for `received`. */
  window: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});
export type Welcome = v.InferOutput<typeof welcomeSchema>;
