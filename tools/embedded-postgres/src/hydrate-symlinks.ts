import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

interface SymlinkEntry {
  readonly source: string;
  readonly target: string;
}

/**
 * Puts back the symbolic links of the shared libraries. An npm archive holds none; the package's install script
 * makes them, and where install scripts are off Postgres would not find its libraries.
 * @param home the package's `native` folder; entries are relative to the package
 */
export function hydrateSymlinks(home: string): void {
  const list = join(home, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as SymlinkEntry[]) {
    const link = join(dirname(home), target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(dirname(home), source)), link);
  }
}
