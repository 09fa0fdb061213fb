import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program of the PATH; null if there is none. */
export function findProgram(name: string): string | null {
  const found = (process.env['PATH'] ?? '').split(delimiter).find((folder) => isExecutable(join(folder, name)));
  return found === undefined ? null : join(found, name);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
