export { buildOnce } from './builds/build-once.js';
export type { BuildOnceOptions, BuildOutcome } from './builds/build-once.js';
export { hashInputs } from './builds/input-hash.js';
export { bundleWorker } from './workerd/bundle-worker.js';
export type { BundleWorkerOptions } from './workerd/bundle-worker.js';
export { startWorkerd } from './workerd/start-workerd.js';
export type { RunningWorkerd, StartWorkerdOptions } from './workerd/start-workerd.js';
export { startPostgres } from '@millrace/embedded-postgres';
export type { RunningPostgres, StartPostgresOptions } from '@millrace/embedded-postgres';
