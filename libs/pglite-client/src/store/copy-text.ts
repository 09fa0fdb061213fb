import { SyncError } from '@millrace/kernel';

/** What has a meaning of its own in COPY's text format. */
const SPECIAL = /[\\\n\r\t]/g;
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A chunk of format `json` (a line per row: a JSON array of Postgres text or null) as a COPY file of format text: its values go through their types'
 * own input, the exact inverse of what printed them (I10). Throws `snapshot-corrupt` if it is anything else.
 */
export function copyTextOf(chunk: Uint8Array, columns: number): string {
  return linesOf(chunk)
    .map((line) => `${rowOf(line, columns).map(fieldOf).join('\t')}\n`)
    .join('');
}

function linesOf(chunk: Uint8Array): readonly string[] {
  const lines = textOf(chunk).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function textOf(chunk: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(chunk);
  } catch (cause) {
    throw new SyncError('snapshot-corrupt', 'rows that are no UTF-8', { cause });
  }
}

function rowOf(line: string, columns: number): readonly (string | null)[] {
  const row = parse(line);
  if (Array.isArray(row) && row.length === columns && row.every((value) => value === null || typeof value === 'string'))
    return row;
  throw new SyncError('snapshot-corrupt', `a row that is not ${columns} values`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyncError('snapshot-corrupt', 'a row that is no JSON', { cause });
  }
}

function fieldOf(value: string | null): string {
  return value === null ? '\\N' : value.replace(SPECIAL, (char) => ESCAPED[char] ?? char);
}
