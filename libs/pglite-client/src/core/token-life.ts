/**
 * How long a JWT still holds, in ms; null if it does not say or is no JWT. Read without verifying: it only decides when to ask the app for the
 * next one. A clock that is so wrong that the token seems over already falls back on half of the life it was issued with.
 */
export function tokenLifeMs(token: string, now: number): number | null {
  const claims = payloadOf(token);
  const exp = claims && typeof claims.exp === 'number' ? claims.exp * 1000 : null;
  if (exp === null) return null;
  if (exp > now) return exp - now;
  const iat = claims && typeof claims.iat === 'number' ? claims.iat * 1000 : null;
  return iat !== null && iat < exp ? (exp - iat) / 2 : null;
}

function payloadOf(token: string): Record<string, unknown> | null {
  try {
    const part = token.split('.')[1] ?? '';
    const value: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
