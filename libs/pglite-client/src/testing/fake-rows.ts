import type { Row } from '@millrace/kernel';

/** Rows as the fake store reads them in a snapshot's `rows` part; the real store reads binary COPY. */
export function encodeFakeRows(rows: readonly Row[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(rows));
}

/** `parts`: the bytes of one table, cut anywhere. */
export function decodeFakeRows(parts: readonly Uint8Array[]): readonly Row[] {
  const decoder = new TextDecoder();
  const json = parts.map((part) => decoder.decode(part, { stream: true })).join('');
  return json === '' ? [] : (JSON.parse(json) as Row[]);
}
