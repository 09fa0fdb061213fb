import { layoutOf, type SnapshotSource } from '@millrace/hydration';
import type { ResyncCause } from '@millrace/sync-protocol';
import type { HydrationPorts } from './hydration-ports.js';

/** The server's manifests as this client asks for them. */
export function manifestSource(
  { transport, token, clientId, schema }: HydrationPorts,
  cause: ResyncCause,
): Pick<SnapshotSource, 'manifest'> {
  const layouts = Object.fromEntries(schema.tables.map((table) => [table.name, layoutOf(table)]));
  return {
    manifest: async (wish, signal) =>
      transport.snapshot(
        {
          clientId,
          schemaVersion: schema.version,
          layouts,
          tables: wish.tables && [...wish.tables],
          atLeast: wish.atLeast.toString(),
          not: [...wish.not],
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
