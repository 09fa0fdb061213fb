import { createWorker } from '@millrace/worker';
import { fixtureSchema } from '../src/fixture/fixture-schema.js';
import { fixtureValidators } from '../src/fixture/fixture-validators.js';

/** The same Worker over the fixture tables. */
const worker = createWorker({ schema: fixtureSchema, validators: fixtureValidators });

export default worker.handler;
export const { ReplicationDO, SyncDO, GatewayDO, SnapshotDO } = worker.objects;
