import type { SqlError } from '@millrace/kernel';
import type { VerdictReason } from './reason.js';

/**
 * What an error raised inside the savepoint means [W4]. `rejected`: the write itself is at fault. `retry`: the server's state of the moment
 * is. `timeout`: a retry that is counted, since a write that never finishes must not block its client's queue. `fault`: nobody foresaw it;
 * it becomes a rejection with an alarm.
 */
export type SqlVerdict =
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string }
  | { readonly kind: 'retry' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'fault' };

type RejectionCode = 'unique' | 'check' | 'foreign-key' | 'not-null' | 'exclusion' | 'integrity' | 'data' | 'raised';

/** One sentence per kind, whatever the values were: a unique violation on a row that the writer may not see reads like any other (X28). */
const MESSAGES: Record<RejectionCode, string> = {
  unique: 'A value must be unique and is in use already.',
  check: 'A value breaks a rule of the table.',
  'foreign-key': 'A row that this one refers to does not exist, or this row is still referred to.',
  'not-null': 'A value is missing.',
  exclusion: 'A value overlaps with one that is in use already.',
  integrity: 'The write breaks a rule of the database.',
  data: 'A value does not fit its column.',
  raised: 'A rule of the database refused the write.',
};

const INTEGRITY_CODES: Readonly<Record<string, RejectionCode>> = {
  '23502': 'not-null',
  '23503': 'foreign-key',
  '23001': 'foreign-key',
  '23505': 'unique',
  '23514': 'check',
  '23P01': 'exclusion',
};

const STATEMENT_TIMEOUT = '57014';
const READ_ONLY = '25006';
const RAISE_EXCEPTION = 'P0001';
const RETRIED_CLASSES = new Set(['08', '40', '53', '55', '57', '58']);

export function verdictOfSqlError(error: Pick<SqlError, 'code' | 'message'>): SqlVerdict {
  if (error.code === STATEMENT_TIMEOUT) return { kind: 'timeout' };
  if (error.code === READ_ONLY || RETRIED_CLASSES.has(error.code.slice(0, 2))) return { kind: 'retry' };
  const code = rejectionCode(error.code);
  if (!code) return { kind: 'fault' };
  return { kind: 'rejected', code, message: error.code === RAISE_EXCEPTION ? error.message : MESSAGES[code] };
}

function rejectionCode(sqlState: string): RejectionCode | null {
  switch (sqlState.slice(0, 2)) {
    case '22':
      return 'data';
    case '23':
      return INTEGRITY_CODES[sqlState] ?? 'integrity';
    case 'P0':
      return 'raised';
    default:
      return null;
  }
}

/** The rejection of a mutation that the server could not carry out for a reason of its own [W4]. */
export const SERVER_ERROR: VerdictReason = {
  code: 'server-error',
  message: 'The server could not carry out the write. Its operators have been told.',
};
