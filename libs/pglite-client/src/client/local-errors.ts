import { SqlError, SyncError } from '@millrace/kernel';
import type { ValidationIssue } from '@millrace/schema-meta';

/** What a validator said about a row of a local transaction, which was rolled back. */
export interface InvalidRow {
  readonly table: string;
  readonly issues: readonly ValidationIssue[];
}

/** A local transaction broke the app's own rules: it was rolled back, and nothing of it is sent. */
export class InvalidWriteError extends Error {
  readonly code = 'invalid-write';
  readonly invalid: readonly InvalidRow[];

  constructor(invalid: readonly InvalidRow[]) {
    const first = invalid[0]?.issues[0];
    super(first ? `${invalid[0]?.table}.${first.column}: ${first.message}` : 'The write is not valid.');
    this.name = 'InvalidWriteError';
    this.invalid = invalid;
  }
}

/** A replica has no unique constraint but the primary key, and no named ones [A3]: say so where Postgres would only say that it found none. */
export function explainLocalError(error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  if (error.code === '42P10' || (error.code === '42704' && error.message.startsWith('constraint '))) {
    return new SyncError(
      'unsupported-sql',
      'On a replica, ON CONFLICT can name the primary key only: the server checks all other constraints.',
      { cause: error },
    );
  }
  if (error.code === '0A000') return new SyncError('unsupported-sql', error.message, { cause: error });
  return error;
}
