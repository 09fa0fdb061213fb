import { emptyRow, type Row } from '@millrace/kernel';

/** Rows as the fake store reads them in a snapshot's `rows` part; the real store reads binary COPY. */
export function encodeFakeRows(rows: readonly Row[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(rows));
}

export function decodeFakeRows(bytes: Uint8Array): readonly Row[] {
  const rows = JSON.parse(new TextDecoder().decode(bytes)) as Row[];
  return rows.map((row) => Object.assign(emptyRow(), row));
}
