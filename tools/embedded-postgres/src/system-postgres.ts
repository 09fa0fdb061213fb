import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { programsIn } from './binaries.js';
import type { PostgresBinaries } from './binaries.js';

/** Where Debian and its kin install every version beside the others. */
const DEBIAN_HOMES = '/usr/lib/postgresql';

/**
 * The newest Postgres of the operating system that has an output plug-in which the one from npm lacks.
 * @param outputPlugin say `wal2json`
 * @returns null if there is none
 */
export function findSystemPostgres(outputPlugin: string, homes = DEBIAN_HOMES): PostgresBinaries | null {
  const versions = existsSync(homes) ? readdirSync(homes).filter((name) => /^\d+$/.test(name)) : [];
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const home = join(homes, version);
    const programs = programsIn(home);
    const needed = [programs.initdb, programs.postgres, join(home, 'lib', `${outputPlugin}.so`)];
    if (needed.every((file) => existsSync(file))) return { ...programs, home, version };
  }
  return null;
}
