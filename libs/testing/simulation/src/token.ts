import { SyncError } from '@millrace/kernel';

/** What a simulated token says. */
export interface TokenContent {
  readonly sub: string;
  readonly tenantId: string;
  readonly role: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
}

/** A token in the shape of a JWT, unsigned. */
export function makeToken(content: TokenContent): string {
  return `none.${btoa(JSON.stringify(content))}.none`;
}

/** Throws `unauthenticated` for one that is over. */
export function readToken(token: string, nowMs: number): TokenContent {
  const content = JSON.parse(atob(token.split('.')[1] ?? '')) as TokenContent;
  if (content.exp * 1000 <= nowMs) throw new SyncError('unauthenticated', 'the token is over');
  return content;
}
