import type { Row } from '@millrace/kernel';
import type { MigrationAPI } from '@millrace/migrations-client';
import type { SchemaMeta, ValidationIssue } from '@millrace/schema-meta';
import type { ClientStatus } from '../core/client-status.js';
import type { PendingMutation, RejectedMutation } from '../core/pending-mutation.js';
import type { VerifyReport } from '../core/verification.js';
import type { WireError } from './wire-error.js';
import type { QueryOptions, QueryResult, WriteOptions } from '../client/millrace-client.js';
import type { MigrationMode } from '../core/schema-state.js';
import type { StorageKind } from './open-storage.js';

export interface OpenRequest {
  readonly url: string;
  readonly principal: string;
  /** That the app was built with. */
  readonly schema: SchemaMeta;
  readonly migrations: MigrationMode;
  readonly storage: 'opfs' | 'memory';
  /** Whether the page has validators to ask. */
  readonly validates: boolean;
  readonly connect: boolean;
}

export interface Opened {
  readonly storage: StorageKind;
  readonly status: ClientStatus;
  readonly schema: SchemaMeta;
}

export interface ListContent {
  readonly pending: readonly PendingMutation[];
  readonly rejected: readonly RejectedMutation[];
}

/** {@link MigrationAPI}, as functions of a channel. */
export type MigrationFunctions = {
  [Name in keyof MigrationAPI]: MigrationAPI[Name];
};

/** What the worker, which owns the database, does for its page. */
export type WorkerFunctions = MigrationFunctions & {
  open(request: OpenRequest): Promise<Opened>;
  query(sql: string, params: readonly unknown[], options: QueryOptions & WriteOptions): Promise<QueryResult<unknown>>;
  /** Begins an interactive transaction; resolves to its number. */
  begin(options: WriteOptions): Promise<number>;
  queryIn(
    transaction: number,
    sql: string,
    params: readonly unknown[],
    options: QueryOptions,
  ): Promise<QueryResult<unknown>>;
  /** Resolves when it is durable. */
  commit(transaction: number): Promise<void>;
  rollback(transaction: number): Promise<void>;
  /** `id`: the page's name for the query in `liveRows`. */
  startLive(id: number, sql: string, params: readonly unknown[]): Promise<void>;
  endLive(id: number): Promise<void>;
  load<Name extends keyof ListContent>(list: Name): Promise<ListContent[Name]>;
  dispose(txId: string): Promise<void>;
  connect(): void;
  disconnect(): void;
  online(): void;
  resync(): void;
  verify(): Promise<VerifyReport>;
  close(): Promise<void>;
};

/** What the page does for its worker. */
export type PageFunctions = {
  getToken(): Promise<string>;
  validate(table: string, row: Row, changed: readonly string[]): readonly ValidationIssue[];
  /** The database is being opened, for so many seconds now. */
  stillOpening(seconds: number): void;
  status(status: ClientStatus): void;
  schema(schema: SchemaMeta): void;
  /** Outbox or rejected list changed. */
  listsChanged(): void;
  liveRows(id: number, rows: unknown[]): void;
  liveFailed(id: number, error: WireError): void;
};
