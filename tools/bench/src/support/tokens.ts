import { SignJWT } from 'jose';
import { TENANT, USER } from './invoices.js';

/** A token as an identity provider would issue it; it outlives any measurement, since renewing is not what is measured. */
export function signToken(secret: string, sub: string = USER.id): Promise<string> {
  return new SignJWT({ tenantId: TENANT.id, role: USER.role })
    .setSubject(sub)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(new TextEncoder().encode(secret));
}
