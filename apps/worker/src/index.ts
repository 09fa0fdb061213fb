import { createWorker } from './create-worker.js';
import { demoApp } from './demo-app.js';

const worker = createWorker(demoApp);

export default worker.handler;
export const { ReplicationDO, SyncDO, GatewayDO, SnapshotDO } = worker.objects;
