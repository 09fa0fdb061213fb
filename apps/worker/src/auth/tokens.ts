import { SyncError } from '@millrace/kernel';
import type { Claims, Principal } from '@millrace/sync-rules';
import {
  createRemoteJWKSet,
  errors,
  jwtVerify,
  SignJWT,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import type { Settings } from '../settings.js';

/** Seconds for which claims may hold at most, whatever the token says: a right that is taken away ends within this time. */
const MAX_LIFE_SECONDS = 15 * 60;
const CLOCK_TOLERANCE_SECONDS = 5;
/** As OpenID Connect bounds it: it is part of keys and indexes. */
const SUB_CHARS = 255;
const KEY_SET_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** Verifies bearer tokens. Algorithms are fixed by configuration, never by the token (X14). */
export interface TokenVerifier {
  /** Throws `unauthenticated`; `network` while the identity provider's keys cannot be read, since then the token may well be good. */
  verify(token: string): Promise<Principal>;
}

export type TokenSettings = Pick<Settings, 'jwtSecret' | 'jwksUrl' | 'jwtIssuer' | 'jwtAudience'>;

/** `now` in ms since 1970; `fetchKeySet` reads the keys of a JWKS address. */
export function createTokenVerifier(
  settings: TokenSettings,
  now: () => number,
  fetchKeySet: (url: URL) => JWTVerifyGetKey = (url) => createRemoteJWKSet(url),
): TokenVerifier {
  const options = (): JWTVerifyOptions => ({
    ...(settings.jwtIssuer ? { issuer: settings.jwtIssuer } : {}),
    ...(settings.jwtAudience ? { audience: settings.jwtAudience } : {}),
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now()),
  });
  const verifyPayload = settings.jwksUrl
    ? byKeySet(fetchKeySet(new URL(settings.jwksUrl)), options)
    : bySecret(settings.jwtSecret ?? '', options);
  return {
    verify: async (token) => {
      try {
        return principalOf(await verifyPayload(token), now());
      } catch (cause) {
        if (cause instanceof SyncError) throw cause;
        throw new SyncError('unauthenticated', 'the token is missing, not valid, or has expired', { cause });
      }
    },
  };
}

type VerifyPayload = (token: string) => Promise<JWTPayload>;

function bySecret(secret: string, options: () => JWTVerifyOptions): VerifyPayload {
  const key = new TextEncoder().encode(secret);
  return async (token) => (await jwtVerify(token, key, { ...options(), algorithms: ['HS256'] })).payload;
}

function byKeySet(keys: JWTVerifyGetKey, options: () => JWTVerifyOptions): VerifyPayload {
  const findKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      throw isFaultOfToken(cause)
        ? cause
        : new SyncError('network', 'the identity provider does not give its keys', { cause });
    }
  };
  return async (token) => (await jwtVerify(token, findKey, { ...options(), algorithms: KEY_SET_ALGORITHMS })).payload;
}

/** The keys are there, and none or no single one of them is this token's. */
function isFaultOfToken(cause: unknown): boolean {
  return (
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JWKSMultipleMatchingKeys ||
    cause instanceof errors.JOSENotSupported
  );
}

function principalOf(payload: JWTPayload, nowMs: number): Principal {
  const { sub, exp } = payload;
  if (typeof sub !== 'string' || sub === '') throw new SyncError('unauthenticated', 'the token has no sub');
  if (sub.length > SUB_CHARS)
    throw new SyncError('unauthenticated', `sub of the token is longer than ${SUB_CHARS} characters`);
  const claims = claimsOf(payload);
  const [unstorable] = Object.entries(claims).find(([, text]) => !isStorable(text)) ?? [];
  if (unstorable !== undefined)
    throw new SyncError('unauthenticated', `${unstorable} of the token is not text that Postgres can hold`);
  if (!Number.isSafeInteger(exp))
    throw new SyncError('unauthenticated', 'exp of the token is not a whole number of seconds');
  const latest = Math.floor(nowMs / 1000) + MAX_LIFE_SECONDS;
  return { sub, claims, expiresAt: Math.min(exp as number, latest) };
}

/** Postgres text holds neither NUL nor half a surrogate pair; a query with either would fail, each time. */
function isStorable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}

/** Text claims only: rules compare Postgres text, and a number or object in a token has no one spelling. In a plain object: RPC carries no other. */
function claimsOf(payload: JWTPayload): Claims {
  return Object.fromEntries(
    Object.entries(payload).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Signs a token with the shared secret; for development sign-in. */
export async function signToken(secret: string, claims: Claims, expiresAt: number): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(secret));
}
