import type { SnapshotSource } from '@millrace/hydration';
import { snapshotFormats, type ResyncCause } from '@millrace/sync-protocol';
import type { HydrationPorts } from './hydration-ports.js';

/** The server's manifests as this client asks for them. */
export function manifestSource(
  { transport, token, clientId, store }: HydrationPorts,
  cause: ResyncCause,
): Pick<SnapshotSource, 'manifest'> {
  return {
    manifest: async (wish, signal) =>
      transport.snapshot(
        {
          clientId,
          schemaVersion: store.schema().version,
          formats: [...snapshotFormats],
          tables: wish.tables && [...wish.tables],
          atLeast: wish.atLeast.toString(),
          cause,
        },
        await token(),
        signal,
      ),
  };
}

/** The server's chunks. A token is asked for each: the app renews it when it has to. */
export function chunkSource({ transport, token, clientId }: HydrationPorts): Pick<SnapshotSource, 'chunk'> {
  return { chunk: async ({ id, n }, options) => transport.chunk({ clientId, id, n }, await token(), options) };
}
