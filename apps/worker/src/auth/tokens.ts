import { SyncError } from '@millrace/kernel';
import type { Claims, Principal } from '@millrace/sync-rules';
import { createRemoteJWKSet, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { Settings } from '../settings.js';

/** Seconds for which claims may hold at most, whatever the token says: a right that is taken away ends within this time. */
const MAX_LIFE_SECONDS = 15 * 60;
const CLOCK_TOLERANCE_SECONDS = 5;

/** Verifies bearer tokens. Algorithms are fixed by configuration, never by the token (X14). */
export interface TokenVerifier {
  /** Throws `unauthenticated`. */
  verify(token: string): Promise<Principal>;
}

export function createTokenVerifier(settings: Settings, now: () => number): TokenVerifier {
  const options: JWTVerifyOptions = {
    ...(settings.jwtIssuer ? { issuer: settings.jwtIssuer } : {}),
    ...(settings.jwtAudience ? { audience: settings.jwtAudience } : {}),
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  const verifyPayload = settings.jwksUrl ? byKeySet(settings.jwksUrl, options) : bySecret(settings.jwtSecret ?? '', options);
  return {
    verify: async (token) => {
      try {
        return principalOf(await verifyPayload(token), now());
      } catch (cause) {
        throw new SyncError('unauthenticated', 'the token is missing, not valid, or has expired', { cause });
      }
    },
  };
}

type VerifyPayload = (token: string) => Promise<JWTPayload>;

function bySecret(secret: string, options: JWTVerifyOptions): VerifyPayload {
  const key = new TextEncoder().encode(secret);
  return async (token) => (await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })).payload;
}

function byKeySet(url: string, options: JWTVerifyOptions): VerifyPayload {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(url));
  return async (token) => (await jwtVerify(token, keys, { ...options, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] })).payload;
}

function principalOf(payload: JWTPayload, nowMs: number): Principal {
  const { sub, exp } = payload;
  if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number') throw new SyncError('unauthenticated', 'the token has no sub or exp');
  return { sub, claims: claimsOf(payload), expiresAt: Math.min(exp, Math.floor(nowMs / 1000) + MAX_LIFE_SECONDS) };
}

/** Text claims only: rules compare Postgres text, and a number or object in a token has no one spelling. In a plain object: RPC carries no other. */
function claimsOf(payload: JWTPayload): Claims {
  const claims: Record<string, string> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (typeof value === 'string') claims[name] = value;
  }
  return claims;
}

/** Signs a token with the shared secret; for development sign-in. */
export async function signToken(secret: string, claims: Claims, expiresAt: number): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime(expiresAt).sign(new TextEncoder().encode(secret));
}
