import { memoryHydrationFiles } from '@millrace/hydration';
import {
  SyncError,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type Logger,
  type Random,
} from '@millrace/kernel';
import type { Transport } from '../core/ports/transport.js';
import { openPGlite } from '../store/open-pglite.js';
import { httpTransport } from '../transport/http-transport.js';
import type { CreateClientOptions, MillraceClient } from './millrace-client.js';
import { startClient, validateOf } from './start-client.js';

/** What tests and unusual hosts put in place of the machine's own. */
export interface ClientPorts {
  readonly transport?: Transport;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Image of a new database (the file `@millrace/pglite-client/template`, packed or not): opening it takes a fraction of what making one takes. */
  readonly template?: Blob;
}

/**
 * A client in this process, in memory: for Node, tests and pages that keep nothing. The database that a browser keeps is opened by
 * `@millrace/pglite-client/browser`. Resolves once the database is open, whether or not the server can be reached.
 */
export async function createClient(options: CreateClientOptions, ports: ClientPorts = {}): Promise<MillraceClient> {
  if (options.storage !== 'memory') {
    throw new SyncError(
      'storage-failed',
      `storage '${options.storage}' needs a browser: import createClient from '@millrace/pglite-client/browser', or use 'memory'.`,
    );
  }
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = ports;
  const { fetch, WebSocket } = globalThis;
  return startClient({
    pg: await openPGlite(ports.template ? { loadDataDir: ports.template } : {}),
    transport: ports.transport ?? httpTransport({ url: options.url, fetch, WebSocket, clock }),
    files: memoryHydrationFiles(),
    getToken: options.getToken,
    schema: options.schema,
    migrations: options.migrations ?? 'auto',
    validate: validateOf(options.validators),
    connect: options.connect ?? true,
    clock,
    random,
    logger,
  });
}
