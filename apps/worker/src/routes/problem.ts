import { errorText, SyncError, type Logger } from '@millrace/kernel';
import { problemOf } from '@millrace/sync-protocol';

/** Any error as `application/problem+json`. Only a SyncError's own message leaves; everything else is `internal` with a log line (X25). */
export function problemResponse(error: unknown, log: Logger): Response {
  const known = error instanceof SyncError ? error : internalError(error, log);
  const problem = problemOf(known);
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (known.retry === 'backoff') headers.set('retry-after', '1');
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function internalError(error: unknown, log: Logger): SyncError {
  log.error('unexpected error', { reason: errorText(error), stack: error instanceof Error ? error.stack : undefined });
  return new SyncError('internal', 'unexpected failure; the server log has the details');
}
