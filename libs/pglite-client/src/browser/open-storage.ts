import { errorText, SyncError, type Clock, type Logger } from '@millrace/kernel';
import type { PGliteOptions } from '@electric-sql/pglite';
import { OpfsAhpFS } from '@electric-sql/pglite/opfs-ahp';
import type { HydrationFiles } from '@millrace/hydration';
import type { LocalPostgres } from '../store/open-pglite.js';
import { forget, orNull, type OpfsDirectory } from './opfs-directory.js';
import { opfsFiles } from './opfs-files.js';
import { outboxMark } from './outbox-mark.js';

/** Where a database is kept: OPFS file by file, OPFS through memory (for browsers with few file handles), or not at all. */
export type StorageKind = 'opfs-ahp' | 'memfs2opfs' | 'memory';

export type KeptKind = Exclude<StorageKind, 'memory'>;

/** In the order of preference. */
export const KEPT_KINDS: readonly KeptKind[] = ['opfs-ahp', 'memfs2opfs'];

/** How often somebody who waits for a database is told that it is still being opened. */
const STILL_OPENING_MS = 10_000;

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
  /** Called every ten seconds while a database is being opened, with the seconds it has taken. */
  readonly onStillOpening: (seconds: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the kept database `name`, in the best way that this browser can. A database that is there is opened in the way in which it was made, however long
 * that takes and whatever comes of it: another one in its place would hide its outbox. Throws `storage-failed` if none can be kept or this one not be
 * opened: the app decides about `memory`.
 */
export async function openKeptStorage(
  name: string,
  ports: OpenStoragePorts,
): Promise<OpenedStorage & { kind: KeptKind }> {
  const made = await madeKind(name, ports.root);
  if (made !== null) return opened(name, made, { ports, pg: await openMade(made, databaseFolder(name, made), ports) });
  const failures: string[] = [];
  for (const kind of KEPT_KINDS) {
    try {
      return opened(name, kind, { ports, pg: await makeMarked(kind, databaseFolder(name, kind), ports) });
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

/** Folder of a slot's database of one kind. */
export function databaseFolder(slot: string, kind: KeptKind): string {
  return `${slot}-${kind}`;
}

/**
 * A file that marks a new database until it is whole: the half of one that a killed tab left behind looks like a database, could never be opened, and
 * holds nothing yet.
 */
export function unfinishedMark(folder: string): string {
  return `${folder}.unfinished`;
}

/** The kind of the database that is there; null if there is no whole one. */
async function madeKind(name: string, root: OpfsDirectory): Promise<KeptKind | null> {
  for (const kind of KEPT_KINDS) {
    const folder = databaseFolder(name, kind);
    const half = await orNull(root.getFileHandle(unfinishedMark(folder)));
    if (!half && (await orNull(root.getDirectoryHandle(folder)))) return kind;
  }
  return null;
}

function opened(
  name: string,
  kind: KeptKind,
  { ports, pg }: { readonly ports: OpenStoragePorts; readonly pg: LocalPostgres },
): OpenedStorage & { kind: KeptKind } {
  return { kind, pg, files: opfsFiles(ports.root, `${name}-hydration`) };
}

async function openMade(kind: KeptKind, folder: string, ports: OpenStoragePorts): Promise<LocalPostgres> {
  await forget(ports.root, outboxMark(folder)); // before it is used: what was known of its outbox holds no more
  try {
    return await patiently(ports.openPGlite(at(kind, folder)), ports);
  } catch (cause) {
    throw new SyncError(
      'storage-failed',
      `The database of this browser could not be opened (${kind}: ${errorText(cause)}). Nothing of it was touched: reload the page to try again.`,
      { cause },
    );
  }
}

async function makeMarked(kind: KeptKind, folder: string, ports: OpenStoragePorts): Promise<LocalPostgres> {
  const { root } = ports;
  const mark = unfinishedMark(folder);
  if (await orNull(root.getFileHandle(mark))) await forget(root, folder);
  await root.getFileHandle(mark, { create: true });
  const pg = await make(kind, folder, ports);
  await forget(root, mark);
  return pg;
}

function at(kind: KeptKind, folder: string): PGliteOptions {
  return { dataDir: `${kind}://${folder}` };
}

/** From the image, else by initdb: also if the image turns out to be of another PGlite. */
async function make(kind: KeptKind, folder: string, ports: OpenStoragePorts): Promise<LocalPostgres> {
  const image = await ports.template();
  if (image !== null) {
    try {
      const place =
        kind === 'opfs-ahp' ? { fs: new OpfsAhpFS(folder, { initialPoolSize: IMAGE_FILES }) } : at(kind, folder);
      return await patiently(ports.openPGlite({ ...place, loadDataDir: image }), ports);
    } catch (error) {
      ports.logger.warn('the template image cannot be opened', { error });
      await forget(ports.root, folder);
    }
  }
  return patiently(ports.openPGlite(at(kind, folder)), ports);
}

/** Waits as long as it takes, and says so: a second open beside one that is only slow would find its files in use, or make another database. */
async function patiently<T>(opening: Promise<T>, { clock, logger, onStillOpening }: OpenStoragePorts): Promise<T> {
  const began = clock.now();
  let stop: () => void = () => undefined;
  const remind = () => {
    stop = clock.after(STILL_OPENING_MS, () => {
      const seconds = Math.round((clock.now() - began) / 1_000);
      logger.warn('the database is still opening', { seconds });
      onStillOpening(seconds);
      remind();
    });
  };
  remind();
  try {
    return await opening;
  } finally {
    stop();
  }
}
