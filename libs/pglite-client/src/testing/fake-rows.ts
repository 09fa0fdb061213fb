import { SyncError, type Row } from '@millrace/kernel';

/** Rows as the fake store reads them in a chunk; the real store reads binary COPY. */
export function encodeFakeRows(rows: readonly Row[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(rows));
}

/** Throws `snapshot-corrupt` if these are no rows. */
export function decodeFakeRows(bytes: Uint8Array): readonly Row[] {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Row[];
  } catch (cause) {
    throw new SyncError('snapshot-corrupt', 'a chunk that is not rows', { cause });
  }
}
