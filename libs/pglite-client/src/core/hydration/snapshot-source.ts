import { layoutOf, type SnapshotSource } from '@millrace/hydration';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ResyncCause } from '@millrace/sync-protocol';
import type { HydrationPorts } from './hydration-ports.js';

/** The server's manifests as this client asks for them. */
export function manifestSource(
  { transport, token, clientId, store }: HydrationPorts,
  cause: ResyncCause,
): Pick<SnapshotSource, 'manifest'> {
  return {
    manifest: async (wish, signal) => {
      const schema = store.schema();
      return transport.snapshot(
        {
          clientId,
          schemaVersion: schema.version,
          layouts: layoutsOf(schema),
          tables: wish.tables && [...wish.tables],
          atLeast: wish.atLeast.toString(),
          not: [...wish.not],
          cause,
        },
        await token(),
        signal,
      );
    },
  };
}

/** Of the tables as they are now: rows that are told in their words have no other. */
function layoutsOf({ tables }: SchemaMeta): Record<string, string> {
  return Object.fromEntries(tables.map((table) => [table.name, layoutOf(table)]));
}

/** The server's chunks. A token is asked for each: the app renews it when it has to. */
export function chunkSource({ transport, token, clientId }: HydrationPorts): Pick<SnapshotSource, 'chunk'> {
  return { chunk: async ({ id, n }, options) => transport.chunk({ clientId, id, n }, await token(), options) };
}
