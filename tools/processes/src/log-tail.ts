import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** A place in a log file, to read from later what was written since. */
export interface LogMark {
  readonly file: string;
  readonly offset: number;
}

/** The present end of a log file; it need not exist yet. */
export function markLog(file: string): LogMark {
  return { file, offset: existsSync(file) ? statSync(file).size : 0 };
}

/** What was written since the mark, at most its last `lines` lines, with the name of the file for the rest. */
export function logSince({ file, offset }: LogMark, lines = 15): string {
  const written = stripVTControlCharacters(readFrom(file, offset)).trimEnd();
  return `${written.split('\n').slice(-lines).join('\n')}\n(all of it: ${file})`;
}

function readFrom(file: string, offset: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset));
    readSync(descriptor, bytes, 0, bytes.length, offset);
    return bytes.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}
