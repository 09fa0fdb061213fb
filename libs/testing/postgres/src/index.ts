export { acquireDatabase } from './acquire-database.js';
export type { AcquireOptions, TestDatabase } from './acquire-database.js';
export { startTestServer } from './test-server.js';
export type { TestServer } from './test-server.js';
