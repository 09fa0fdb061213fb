import * as v from 'valibot';
import { uuidSchema } from '../schemas.js';

/** Who can sign in at `/api/dev/sign-in`, which exists only with `MILLRACE_DEV=1` on loopback. */
export const devUserSchema = v.object({
  id: uuidSchema,
  email: v.string(),
  displayName: v.string(),
  role: v.string(),
  tenantId: uuidSchema,
  tenant: v.string(),
});
export type DevUser = v.InferOutput<typeof devUserSchema>;

export const devUsersResponseSchema = v.object({ users: v.array(devUserSchema) });
export const devSignInRequestSchema = v.object({ email: v.pipe(v.string(), v.minLength(3), v.maxLength(320)) });
export const devSignInResponseSchema = v.object({ token: v.string(), user: devUserSchema });
export type DevSignInResponse = v.InferOutput<typeof devSignInResponseSchema>;
