export { connectPg, type ConnectPgOptions } from './pg-session.js';
export { openPgReplicationStream, type PgStreamOptions } from './replication/pg-replication-stream.js';
export { type SessionTimeouts } from './connection-config.js';
