import { SyncError, parseLsn, type Lsn } from '@millrace/kernel';
import { utf8Text } from '../utf8.js';

/** A value as wal2json prints it, with numbers as the text that they were. */
export type JsonValue = string | boolean | null;

export interface JsonColumn {
  readonly name: string;
  readonly value: JsonValue;
}

/** One message of format 2. */
export type Wal2jsonMessage =
  | {
      readonly action: 'B';
      readonly xid: number;
      readonly timestamp: string;
      readonly lsn: Lsn;
    }
  | { readonly action: 'C'; readonly lsn: Lsn; readonly endLsn: Lsn }
  | { readonly action: 'I' | 'U' | 'D' | 'T'; readonly table: TableName; readonly rows: TupleSource }
  | { readonly action: 'M'; readonly prefix: unknown; readonly content: unknown };

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** The tuples of a change as they came: read only if the table is captured. */
export interface TupleSource {
  readonly columns: unknown;
  readonly identity: unknown;
}

/** @throws SyncError decode-failed */
export function parseMessage(payload: Uint8Array): Wal2jsonMessage {
  const fields = parseObject(utf8Text(payload));
  switch (fields['action']) {
    case 'B':
      return {
        action: 'B',
        xid: xidOf(fields['xid']),
        timestamp: timestampOf(fields['timestamp']),
        lsn: lsnOf(fields['lsn']),
      };
    case 'C':
      return { action: 'C', lsn: lsnOf(fields['lsn']), endLsn: lsnOf(fields['nextlsn']) };
    case 'I':
    case 'U':
    case 'D':
    case 'T': {
      const table = { schema: textOf(fields['schema'], 'schema'), name: textOf(fields['table'], 'table') };
      return {
        action: fields['action'],
        table,
        rows: { columns: fields['columns'], identity: fields['identity'] },
      };
    }
    case 'M':
      return { action: 'M', prefix: fields['prefix'], content: fields['content'] };
    default:
      throw failed(`of unknown action ${String(fields['action']).slice(0, 20)}`);
  }
}

/** Columns of a tuple, each checked. @throws SyncError decode-failed */
export function parseColumns(columns: unknown, table: string): readonly JsonColumn[] {
  if (!Array.isArray(columns)) throw failed(`of ${table} without its columns`);
  for (const column of columns as readonly unknown[]) {
    if (!isColumn(column)) throw failed(`of ${table} with a column that is none`);
  }
  return columns as readonly JsonColumn[];
}

function isColumn(column: unknown): column is JsonColumn {
  if (!isObject(column) || typeof column['name'] !== 'string') return false;
  const value = column['value'];
  return typeof value === 'string' || typeof value === 'boolean' || value === null;
}

/**
 * A bare number after `"value":`. Such a key cannot occur inside a string, where each quote has its backslash: the pattern needs a key that ends in
 * `value"`, and all keys are wal2json's own.
 */
const BARE_NUMBER = /"value":(-?\d[-+.\deE]*)/g;

/**
 * Numbers are put into quotes before they are parsed: as JS numbers, int8 and numeric would be other values (I10). The source text that a reviver of
 * JSON.parse is given would do as well, at six times the cost of the parse.
 */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(BARE_NUMBER, '"value":"$1"'));
  } catch (cause) {
    throw new SyncError('decode-failed', 'a replication message of wal2json is not JSON', { cause });
  }
  if (!isObject(parsed)) throw failed('that is no object');
  return parsed;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function xidOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw failed('without a transaction id');
}

/** What a session pinned to UTC prints [C2]; another zone would be another text for the same commit. */
function timestampOf(value: unknown): string {
  if (typeof value === 'string' && /^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/.test(value)) return value;
  throw failed('without a commit time in UTC');
}

function lsnOf(value: unknown): Lsn {
  return parseLsn(textOf(value, 'lsn'));
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw failed(`without its ${what}`);
}

function failed(what: string): SyncError {
  return new SyncError('decode-failed', `a replication message of wal2json ${what}`);
}
