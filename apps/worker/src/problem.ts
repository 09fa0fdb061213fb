import type { SyncError } from '@millrace/kernel';
import { problemOf } from '@millrace/sync-protocol';
import { TooManyRequests } from './rate-limits.js';

/** An error as `application/problem+json`; what may be said in it is for `publicError` to decide. */
export function problemResponse(error: SyncError): Response {
  const problem = problemOf(error);
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  if (error.retry === 'backoff') headers.set('retry-after', String(secondsToWait(error)));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function secondsToWait(error: SyncError): number {
  return error instanceof TooManyRequests ? Math.max(1, Math.ceil(error.retryAfterMs / 1000)) : 1;
}
