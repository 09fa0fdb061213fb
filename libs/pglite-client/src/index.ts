export { observable, type Observable, type Source } from './core/observable.js';
export { type ReceivedTransaction } from './core/received-transaction.js';
export { assemble, assemblyAt, type Assembled, type Assembly } from './core/assembly.js';
export { rebase, type RowsByKey } from './core/rebase.js';
export { type PendingChange, type PendingMutation, type RejectedMutation } from './core/pending-mutation.js';
export {
  type ChunkLoad,
  type ClientStore,
  type Hydration,
  type OpenedStore,
  type OutboxBatch,
  type StoreSummary,
  type TableLoad,
  type TableState,
} from './core/ports/client-store.js';
export {
  type ChunkAddress,
  type ChunkOptions,
  type SchemaQuestion,
  type SocketEvents,
  type Transport,
} from './core/ports/transport.js';
export { type HydrationFiles, type HydrationPhase, type HydrationProgress } from '@millrace/hydration';
export { type HydrationOrder } from './core/hydration/hydration-order.js';
export { type NotComparable, type VerifiedTable, type VerifyReport } from './core/verification.js';
export { initialState, type ClientFault, type ClientState, type Phase } from './core/client-state.js';
export { type ClientEvent, type TimerName } from './core/client-event.js';
export { type ClientEffect, type Delay, type Step, type VerifyOutcome } from './core/client-effect.js';
export { reduceClient } from './core/client-reducer.js';
export { statusOf, type ClientStatus, type SchemaStatus } from './core/client-status.js';
export { type MigrationMode } from './core/schema-state.js';
export {
  type AppliedMigration,
  type ClientMigration,
  type MigrationAPI,
  type MigrationStatus,
  type PendingMigration,
  type PendingReason,
} from '@millrace/migrations-client';
export { type ElsewhereCount, type OutboxCount } from './core/elsewhere-count.js';
export { runClient, type RunClientOptions, type RunningClient } from './core/run-client.js';
export { createClient, type ClientPorts } from './client/create-client.js';
export {
  type CreateClientOptions,
  type LocalDatabase,
  type MillraceClient,
  type ObservableList,
  type Queries,
  type QueryOptions,
  type QueryResult,
  type WriteOptions,
} from './client/millrace-client.js';
export { InvalidWriteError, type InvalidRow } from './client/local-errors.js';
export { pgliteConnection } from './store/pglite-connection.js';
export { httpTransport, type HttpTransportOptions } from './transport/http-transport.js';
