import { DatabaseError } from 'pg';

/** What Postgres said, if that is what the error is about; TypeORM wraps it. */
export function pgErrorOf(error: unknown): DatabaseError | null {
  if (error instanceof DatabaseError) return error;
  const wrapped = error instanceof Error && 'driverError' in error ? error.driverError : null;
  return wrapped instanceof DatabaseError ? wrapped : null;
}
