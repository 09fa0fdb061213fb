import type { FillCause } from '@millrace/change-history';
import { SyncError, type SqlConnection } from '@millrace/kernel';

/** Of the logical messages by which a fill is asked for: they have their place in the WAL, and so in history, right where they are committed. */
export const FILL_PREFIX = 'millrace.fill';

/** These tables have to be read anew by everybody, as of this point of the WAL [M4]. */
export interface FillRequest {
  readonly cause: FillCause;
  /** `signature`: of the columns as they are now, where they are the reason: then the stream may have told of them by itself. */
  readonly tables: readonly { readonly name: string; readonly signature: string | null }[];
}

/** Asks for a fill in the transaction of this connection, if one is open: then it commits with whatever made it necessary. */
export async function requestFill(sql: SqlConnection, request: FillRequest): Promise<void> {
  await sql.query('select pg_logical_emit_message(true, $1, $2::text)', [FILL_PREFIX, JSON.stringify(request)]);
}

const CAUSES: readonly unknown[] = [
  'quarantined',
  'late-table',
  'rewritten',
  'schema-changed',
] satisfies readonly FillCause[];

/** Throws `decode-failed`: a request that cannot be read must not pass for none. */
export function decodeFillRequest(text: string): FillRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyncError('decode-failed', 'a request for a fill is not JSON', { cause });
  }
  if (isFillRequest(value)) return value;
  throw new SyncError('decode-failed', 'a request for a fill without cause or tables');
}

function isFillRequest(value: unknown): value is FillRequest {
  const { cause, tables } = (value ?? {}) as Partial<Record<keyof FillRequest, unknown>>;
  return CAUSES.includes(cause) && Array.isArray(tables) && tables.every(isTable);
}

function isTable(value: unknown): boolean {
  const { name, signature } = (value ?? {}) as { readonly name?: unknown; readonly signature?: unknown };
  return typeof name === 'string' && (signature === null || typeof signature === 'string');
}
