import { SyncError } from '@millrace/kernel';
import { BEARER_PREFIX, LIMITS, SUBPROTOCOL } from '@millrace/sync-protocol';

/** The token of an HTTP request. Throws `unauthenticated`. */
export function bearerOfHeader(header: string | undefined): string {
  const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
  if (!token || token.length > LIMITS.tokenChars)
    throw new SyncError('unauthenticated', 'send the token as "Authorization: Bearer …"');
  return token;
}

/** The token of a WebSocket upgrade: browsers can set no header there, and a URL would end in logs (X16). */
export function bearerOfSubprotocols(header: string | undefined): string {
  const protocols = (header ?? '').split(',').map((protocol) => protocol.trim());
  if (!protocols.includes(SUBPROTOCOL))
    throw new SyncError('protocol-version', `the socket must offer the subprotocol ${SUBPROTOCOL}`);
  const token = protocols.find((protocol) => protocol.startsWith(BEARER_PREFIX))?.slice(BEARER_PREFIX.length);
  if (!token || token.length > LIMITS.tokenChars)
    throw new SyncError('unauthenticated', `send the token as subprotocol "${BEARER_PREFIX}<token>"`);
  return token;
}

/** Compares secrets without telling by timing how far they agree. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0;
}
