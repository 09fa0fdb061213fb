import type { AppDefinition } from './app.js';
import type { Env } from './env.js';
import { gatewayObject } from './objects/gateway-object.js';
import { replicationObject } from './objects/replication-object.js';
import { snapshotObject } from './objects/snapshot-object.js';
import { syncObject } from './objects/sync-object.js';
import { createRouter } from './routes/router.js';

/** Builds the Worker of one application: its request handler and its Durable Object classes, to be exported by the entry module. */
export function createWorker(app: AppDefinition) {
  return {
    handler: { fetch: createRouter(app) } satisfies ExportedHandler<Env>,
    objects: {
      ReplicationDO: replicationObject(app),
      SyncDO: syncObject(),
      GatewayDO: gatewayObject(app),
      SnapshotDO: snapshotObject(),
    },
  };
}
