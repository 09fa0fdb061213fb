import * as v from 'valibot';
import { LIMITS } from '../limits.js';

/** Client → server: a fresh token before the old one ends (X13). Claims that change the scope end in a new hydration. */
export const authSchema = v.object({
  type: v.literal('auth'),
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.tokenChars)),
});
export type Auth = v.InferOutput<typeof authSchema>;
