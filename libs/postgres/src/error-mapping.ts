import { SqlError, SyncError, errorText } from '@millrace/kernel';

/** The fields of `pg`'s DatabaseError that are used. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly detail?: string;
}

/** Login and target are wrong: waiting does not help. 28: authorisation, 3D: no such database, 42501: no right to connect or replicate. */
const CANNOT_LOG_IN = /^(28|3D|42501|22023)/;

/** Node's names for a certificate that does not hold, and `pg`'s words for a server without TLS. */
const NO_TRUST = /CERT|VERIFY|SELF_SIGNED|does not support SSL/;

/** An error of a statement: {@link SqlError}, or `database-unavailable` if the session has ended by it. */
export function statementError(error: unknown): Error {
  if (error instanceof SyncError || error instanceof SqlError) return error;
  if (!isServerError(error)) return sessionLost(error);
  const sqlError = toSqlError(error);
  return endsSession(error) ? sessionLost(sqlError) : sqlError;
}

/** An error while connecting. `target` is host, port and database. */
export function connectError(error: unknown, target: string): Error {
  if (error instanceof SyncError) return error;
  const cause = isServerError(error) ? toSqlError(error) : error;
  if (isServerError(error) && CANNOT_LOG_IN.test(error.code)) {
    return new SyncError('database-misconfigured', `Postgres at ${target} refuses this login: ${error.message}`, {
      cause,
    });
  }
  if (!isServerError(error) && NO_TRUST.test(`${codeOf(error)} ${errorText(error)}`)) {
    return new SyncError(
      'database-misconfigured',
      `Postgres at ${target} and sslmode do not agree: ${errorText(error)}`,
      { cause },
    );
  }
  return new SyncError('database-unavailable', `Postgres at ${target} cannot be reached: ${reasonOf(error)}`, {
    cause,
  });
}

/** The session is gone for a reason that we did not give. */
export function sessionLost(cause: unknown): SyncError {
  if (cause instanceof SyncError) return cause;
  return new SyncError('database-unavailable', `the Postgres session has ended: ${reasonOf(cause)}`, { cause });
}

/** What the server said, or null if the error is not the server's. */
export function serverErrorOf(error: unknown): SqlError | null {
  return isServerError(error) ? toSqlError(error) : null;
}

function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function endsSession(error: ServerError): boolean {
  return error.severity === 'FATAL' || error.severity === 'PANIC' || error.code.startsWith('57P');
}

function toSqlError(error: ServerError): SqlError {
  return new SqlError(error.message, {
    code: error.code,
    cause: error,
    ...(error.table === undefined ? {} : { table: error.table }),
    ...(error.column === undefined ? {} : { column: error.column }),
    ...(error.constraint === undefined ? {} : { constraint: error.constraint }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}

/** A refused dual-stack connect is an AggregateError with an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorText).join('; ');
  return errorText(error);
}
