import { SyncError, silentLogger } from '@millrace/kernel';
import { remoteClient, type RemoteClient } from './browser/remote-client.js';
import type { CreateClientOptions } from './client/millrace-client.js';

export type { CreateClientOptions, MillraceClient } from './client/millrace-client.js';
export type { RemoteClient } from './browser/remote-client.js';
export type { StorageKind } from './browser/open-storage.js';
export type { ClientStatus, SchemaStatus } from './core/client-status.js';
export type { MigrationMode } from './core/schema-state.js';
export type { MigrationAPI, MigrationStatus, PendingMigration, PendingReason } from '@millrace/migrations-client';
export type { ElsewhereCount, OutboxCount } from './core/elsewhere-count.js';
export type { HydrationPhase, HydrationProgress } from '@millrace/hydration';
export type { NotComparable, VerifiedTable, VerifyReport } from './core/verification.js';
export type { PendingMutation, RejectedMutation } from './core/pending-mutation.js';
export { InvalidWriteError } from './client/local-errors.js';

/**
 * A client whose Postgres, socket and outbox live in a worker of their own: no query or transaction of the server can hold up the page.
 * Resolves once the database is open, whether or not the server can be reached.
 *
 * Throws `storage-failed` if the browser can't keep a database, or if `principal` is missing for one that is kept [A5].
 */
export async function createClient(options: CreateClientOptions): Promise<RemoteClient> {
  const { url, storage, principal = '' } = options;
  if (storage === 'opfs' && principal === '') {
    throw new SyncError(
      'storage-failed',
      `storage 'opfs' needs a principal: whose rows these are, so that nobody else's page opens them.`,
    );
  }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'millrace' });
  const ended = new AbortController();
  const terminate = () => {
    ended.abort();
    worker.terminate();
  };
  const broken = new Promise<never>((_resolve, reject) => {
    worker.addEventListener(
      'error',
      (event) =>
        reject(
          new SyncError('storage-failed', `the database worker failed: ${event.message || 'it could not be loaded'}`),
        ),
      { signal: ended.signal },
    );
  });
  try {
    const opening = remoteClient(worker, {
      request: { url, principal, storage, connect: options.connect ?? true, migrations: options.migrations ?? 'auto' },
      schema: options.schema,
      validators: options.validators,
      getToken: options.getToken,
      ...(options.onStillOpening ? { onStillOpening: options.onStillOpening } : {}),
      logger: silentLogger,
      terminate,
    });
    const client = await Promise.race([opening, broken]);
    broken.catch((error: Error) => client.fail(error));
    watchPage(client, { signal: ended.signal, terminate });
    return client;
  } catch (error) {
    terminate();
    throw error;
  }
}

function watchPage(
  client: RemoteClient,
  { signal, terminate }: { readonly signal: AbortSignal; readonly terminate: () => void },
): void {
  addEventListener('online', () => client.online(), { signal });
  // Frees lock and file handles at once, so that the page after a reload finds its own database.
  addEventListener('pagehide', (event) => event.persisted || terminate(), { signal });
  // A browser may clear storage that is not persistent; it asks, or decides by itself, and a no changes nothing here.
  void navigator.storage?.persist?.().catch(() => false);
}
