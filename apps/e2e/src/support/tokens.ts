import { SignJWT } from 'jose';

export interface TokenOf {
  readonly sub: string;
  readonly tenantId: string;
  readonly role?: string;
  /** Default 600. */
  readonly lifeSeconds?: number;
}

/** A token as the team's own identity provider would issue it. */
export function signToken(
  secret: string,
  { sub, tenantId, role = 'member', lifeSeconds = 600 }: TokenOf,
): Promise<string> {
  return new SignJWT({ tenantId, role })
    .setSubject(sub)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds)
    .sign(new TextEncoder().encode(secret));
}
