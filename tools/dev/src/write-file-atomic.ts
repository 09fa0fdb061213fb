import { renameSync, writeFileSync } from 'node:fs';

/** Writes a small file that only its owner may read. Readers see the old content or the new one, never half of it. */
export function writeFileAtomic(file: string, content: string): void {
  const partial = `${file}.${process.pid}.tmp`;
  writeFileSync(partial, content, { mode: 0o600 });
  renameSync(partial, file);
}
