import { setColumn } from '@millrace/change-history';
import { SyncError, emptyRow, type PgText } from '@millrace/kernel';
import { LIMITS } from '@millrace/sync-protocol';
import { parseColumns, type JsonValue } from './message.js';
import type { TablePlan } from './table-plan.js';

export interface Tuple {
  readonly row: Record<string, PgText>;
  /** Characters of the values that are kept. */
  readonly chars: number;
}

/** @throws SyncError decode-failed, limit-exceeded */
export function readTuple(columns: unknown, plan: TablePlan): Tuple {
  const row = emptyRow();
  let chars = 0;
  for (const { name, value } of parseColumns(columns, plan.table)) {
    const kind = plan.kindOf(name);
    if (kind === 'dropped') continue;
    const text = kind === 'bytea' ? byteaText(value) : pgText(value);
    chars += text?.length ?? 0;
    setColumn(row, name, text);
  }
  // A character is 3 bytes at most (4 for two of them): only a row that may be too large is measured.
  if (chars * 3 > LIMITS.rowChars && bytesOf(row) > LIMITS.rowChars) throw rowTooLarge(plan.table);
  return { row, chars };
}

/** As Postgres prints it: wal2json makes JSON's own words of booleans. */
function pgText(value: JsonValue): PgText {
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return value;
}

/** It cuts the `\x` off a bytea, but not off a domain of one. */
function byteaText(value: JsonValue): PgText {
  const text = pgText(value);
  return text === null || text.startsWith('\\x') ? text : `\\x${text}`;
}

function bytesOf(row: Readonly<Record<string, PgText>>): number {
  const encoder = new TextEncoder();
  return Object.values(row).reduce((sum, text) => sum + (text === null ? 0 : encoder.encode(text).length), 0);
}

function rowTooLarge(table: string): SyncError {
  return new SyncError('limit-exceeded', `${table}: a row above ${LIMITS.rowChars} bytes cannot be synced [C6]`);
}
