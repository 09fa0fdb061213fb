import { SyncError } from '@millrace/kernel';

// `ignoreBOM`: a value that begins with U+FEFF would lose it. `fatal`: damaged bytes must not turn into other text.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws SyncError decode-failed */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new SyncError(
      'decode-failed',
      'a text of a replication message is not UTF-8: the database must have encoding UTF8',
      { cause },
    );
  }
}
