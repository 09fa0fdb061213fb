import { errorText, SyncError, type Clock, type Logger } from '@millrace/kernel';
import type { PGliteOptions } from '@electric-sql/pglite';
import { OpfsAhpFS } from '@electric-sql/pglite/opfs-ahp';
import type { HydrationFiles } from '@millrace/hydration';
import type { LocalPostgres } from '../store/open-pglite.js';
import { forget, orNull, type OpfsDirectory } from './opfs-directory.js';
import { opfsFiles } from './opfs-files.js';

/** Where a database is kept: OPFS file by file, OPFS through memory (for browsers with few file handles), or not at all. */
export type StorageKind = 'opfs-ahp' | 'memfs2opfs' | 'memory';

/** Opening takes seconds at most; a browser that is out of file handles never comes back (measured). */
const OPEN_MS = 30_000;

/** Files that are made ahead for a new database: those of the image, and some more for the first tables. PGlite itself makes 1,000, for seconds. */
const IMAGE_FILES = 400;

export interface OpenedStorage {
  readonly pg: LocalPostgres;
  readonly kind: StorageKind;
  /** Where a hydration keeps what it has downloaded. */
  readonly files: HydrationFiles;
}

export interface OpenStoragePorts {
  readonly root: OpfsDirectory;
  readonly openPGlite: (options: PGliteOptions) => Promise<LocalPostgres>;
  /** Image of a new database; null if there is none. */
  readonly template: () => Promise<Blob | null>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the kept database `name`, in the best way that this browser can. Throws `storage-failed` if it can keep none: the app decides about `memory`. */
export async function openKeptStorage(name: string, ports: OpenStoragePorts): Promise<OpenedStorage> {
  const failures: string[] = [];
  for (const kind of ['opfs-ahp', 'memfs2opfs'] as const) {
    try {
      const pg = await openOrMake(kind, `${name}-${kind}`, ports);
      return { kind, pg, files: opfsFiles(ports.root, `${name}-hydration`) };
    } catch (error) {
      ports.logger.warn('storage could not be opened', { kind, error });
      failures.push(`${kind}: ${errorText(error)}`);
    }
  }
  throw new SyncError(
    'storage-failed',
    `This browser cannot keep a database (${failures.join('; ')}). Private windows often cannot.`,
  );
}

/**
 * A new database is marked until it is whole: the half of one that a killed tab left behind looks like a database, could never be opened, and holds
 * nothing yet.
 */
async function openOrMake(kind: StorageKind, folder: string, ports: OpenStoragePorts): Promise<LocalPostgres> {
  const { root } = ports;
  const mark = `${folder}.unfinished`;
  if (await orNull(root.getFileHandle(mark))) await forget(root, folder);
  if (await orNull(root.getDirectoryHandle(folder))) return inTime(ports.openPGlite(at(kind, folder)), ports.clock);
  await root.getFileHandle(mark, { create: true });
  const pg = await make(kind, folder, ports);
  await forget(root, mark);
  return pg;
}

function at(kind: StorageKind, folder: string): PGliteOptions {
  return { dataDir: `${kind}://${folder}` };
}

/** From the image, else by initdb: also if the image turns out to be of another PGlite. */
async function make(kind: StorageKind, folder: string, ports: OpenStoragePorts): Promise<LocalPostgres> {
  const image = await ports.template();
  if (image !== null) {
    try {
      const place =
        kind === 'opfs-ahp' ? { fs: new OpfsAhpFS(folder, { initialPoolSize: IMAGE_FILES }) } : at(kind, folder);
      return await inTime(ports.openPGlite({ ...place, loadDataDir: image }), ports.clock);
    } catch (error) {
      ports.logger.warn('the template image cannot be opened', { error });
      await forget(ports.root, folder);
    }
  }
  return inTime(ports.openPGlite(at(kind, folder)), ports.clock);
}

async function inTime<T>(opening: Promise<T>, clock: Clock): Promise<T> {
  opening.catch(() => undefined); // if it fails after its time, that was reported already
  let stop: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    stop = clock.after(OPEN_MS, () => reject(new SyncError('timeout', 'the browser does not answer')));
  });
  return Promise.race([opening, late]).finally(stop);
}
