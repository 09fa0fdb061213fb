import * as v from 'valibot';
import { mutationIdSchema, nameSchema, positionSchema, uuidSchema } from '../schemas.js';

/** Client → server, first frame: who I am and where I stand. A newer `hello` for a client closes its older socket [D5]. */
export const helloSchema = v.object({
  type: v.literal('hello'),
  protocol: v.pipe(v.number(), v.safeInteger()),
  clientId: uuidSchema,
  /** Cursor of the client's database: the server continues exactly there or says `resync` [A4]. */
  position: positionSchema,
  /** Schema version of the client's tables. */
  schemaVersion: nameSchema,
  /** Schema version that its app was built with: it takes breaking steps up to there. */
  appVersion: nameSchema,
  /** The scope that the client's rows were read for, as its manifest named it: another one now, and the rows are not the right ones [A4]. */
  scope: nameSchema,
  /** Highest mutation whose ack the client has applied, 0 for none: `welcome` tells the verdicts of later ones that its snapshot already contains [W5]. */
  ackedMutation: v.union([v.literal(0), mutationIdSchema]),
});
export type Hello = v.InferOutput<typeof helloSchema>;
