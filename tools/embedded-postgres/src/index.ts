export type { PostgresBinaries } from './binaries.js';
export type { PrivilegeMode } from './privileges.js';
export { findPostmaster } from './postmaster-file.js';
export { POSTGRES_LADDER, startPostgres } from './start-postgres.js';
export type { RunningPostgres, StartPostgresOptions } from './start-postgres.js';
export { findSystemPostgres } from './system-postgres.js';
