import * as v from 'valibot';
import { uuidSchema } from '../schemas.js';

/** Body of `POST /api/clients`. The client proposes its own id, so that a lost answer can be repeated; it is bound to the first principal that names it (X7). */
export const registerRequestSchema = v.object({ clientId: uuidSchema });
export type RegisterRequest = v.InferOutput<typeof registerRequestSchema>;

export const registerResponseSchema = v.object({ clientId: uuidSchema, epoch: uuidSchema });
export type RegisterResponse = v.InferOutput<typeof registerResponseSchema>;
