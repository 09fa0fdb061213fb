import { ERROR_CATALOGUE, errorText, SyncError, type ErrorCode, type Logger } from '@millrace/kernel';

/** Their words may name hosts, roles, slots or settings: for operators and the log. Clients get the catalogue's meaning (X25). */
const FOR_OPERATORS: ReadonlySet<ErrorCode> = new Set([
  'assertion-failed',
  'second-writer',
  'gate-waiting',
  'slot-missing',
  'slot-lost',
  'slot-busy',
  'database-unavailable',
  'database-misconfigured',
  'decode-failed',
  'storage-failed',
]);

/** What a client may be told of an error, whatever was thrown. What it is not told is logged. */
export function publicError(error: unknown, log: Logger): SyncError {
  const known = knownError(error, log);
  if (!FOR_OPERATORS.has(known.code)) return known;
  log.warn('request failed', { code: known.code, reason: known.message });
  return new SyncError(known.code, ERROR_CATALOGUE[known.code].meaning, { cause: known });
}

/** A SyncError as it is; everything else is `internal`, with its own words and stack in the log alone. */
export function knownError(error: unknown, log: Logger): SyncError {
  if (error instanceof SyncError) return error;
  log.error('unexpected error', { reason: errorText(error), stack: error instanceof Error ? error.stack : undefined });
  return new SyncError('internal', 'unexpected failure; the server log has the details');
}
