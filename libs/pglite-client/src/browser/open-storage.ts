import { errorText, SyncError, type Clock, type Logger } from '@millrace/kernel';
import { openPGlite, type LocalPostgres } from '../store/open-pglite.js';

/** Where a database is kept: OPFS file by file, OPFS through memory (for browsers with few file handles), or not at all. */
export type StorageKind = 'opfs-ahp' | 'memfs2opfs' | 'memory';

/** Opening takes seconds at most; a browser that is out of file handles never comes back (measured). */
const OPEN_MS = 30_000;

export interface OpenedStorage {
  readonly pg: LocalPostgres;
  readonly kind: StorageKind;
}

/** Opens the kept database `name`, in the best way that this browser can. Throws `storage-failed` if it can keep none: the app decides about `memory`. */
export async function openKeptStorage(
  name: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<OpenedStorage> {
  const failures: string[] = [];
  for (const kind of ['opfs-ahp', 'memfs2opfs'] as const) {
    try {
      return { kind, pg: await inTime(openPGlite({ dataDir: `${kind}://${name}-${kind}` }), clock) };
    } catch (error) {
      logger.warn('storage could not be opened', { kind, error });
      failures.push(`${kind}: ${errorText(error)}`);
    }
  }
  throw new SyncError(
    'storage-failed',
    `This browser cannot keep a database (${failures.join('; ')}). Private windows often cannot.`,
  );
}

async function inTime<T>(opening: Promise<T>, clock: Clock): Promise<T> {
  opening.catch(() => undefined); // if it fails after its time, that was reported already
  let stop: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    stop = clock.after(OPEN_MS, () => reject(new SyncError('timeout', 'the browser does not answer')));
  });
  return Promise.race([opening, late]).finally(stop);
}
