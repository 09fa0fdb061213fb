export { acquireDatabase } from './acquire-database.js';
export type { AcquireOptions, TestDatabase } from './acquire-database.js';
export { startTestServer } from './test-server.js';
export type { TestServer, TestServerOptions } from './test-server.js';
export { startWal2jsonServer, wal2jsonIsSkipped } from './wal2json-server.js';
export { startWebSocketBridge } from './websocket-bridge.js';
export type { WebSocketBridge } from './websocket-bridge.js';
