import { errorText, isErrorCode, SqlError, SyncError } from '@millrace/kernel';
import { InvalidWriteError, type InvalidRow } from '../client/local-errors.js';

/** An error as it crosses a message channel: class and code survive, so that callers can tell what happened. */
export type WireError =
  | { readonly kind: 'sync'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'sql';
      readonly code: string;
      readonly message: string;
      readonly table: string | null;
      readonly column: string | null;
      readonly constraint: string | null;
      readonly detail: string | null;
    }
  | { readonly kind: 'invalid'; readonly invalid: readonly InvalidRow[] }
  | { readonly kind: 'other'; readonly message: string };

export function toWireError(error: unknown): WireError {
  if (error instanceof SyncError) return { kind: 'sync', code: error.code, message: error.message };
  if (error instanceof SqlError) {
    const { code, message, table, column, constraint, detail } = error;
    return { kind: 'sql', code, message, table, column, constraint, detail };
  }
  if (error instanceof InvalidWriteError) return { kind: 'invalid', invalid: error.invalid };
  return { kind: 'other', message: errorText(error) };
}

export function fromWireError(error: WireError): Error {
  switch (error.kind) {
    case 'sync':
      return new SyncError(isErrorCode(error.code) ? error.code : 'internal', error.message);
    case 'sql':
      return new SqlError(error.message, {
        code: error.code,
        ...(error.table === null ? {} : { table: error.table }),
        ...(error.column === null ? {} : { column: error.column }),
        ...(error.constraint === null ? {} : { constraint: error.constraint }),
        ...(error.detail === null ? {} : { detail: error.detail }),
      });
    case 'invalid':
      return new InvalidWriteError(error.invalid);
    case 'other':
      return new Error(error.message);
  }
}
