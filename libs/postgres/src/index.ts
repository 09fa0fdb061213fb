export { connectPg } from './pg-session.js';
export { type ConnectPgOptions } from './connect-options.js';
export { openPgReplicationStream, type PgStreamOptions } from './replication/pg-replication-stream.js';
export { type SessionTimeouts } from './connection-config.js';
