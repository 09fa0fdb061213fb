import { SyncError, type Logger } from '@millrace/kernel';
import { noValidators, type SchemaMeta, type Validators } from '@millrace/schema-meta';
import type { LocalDatabase, MillraceClient, Queries, QueryResult, WriteOptions } from '../client/millrace-client.js';
import { observableList } from '../client/observable-list.js';
import { whenReady } from '../client/ready.js';
import type { ClientStatus } from '../core/client-status.js';
import { observable } from '../core/observable.js';
import type { StorageKind } from './open-storage.js';
import { fromWireError } from './wire-error.js';
import { rpc, type Remote, type RpcPort } from './rpc.js';
import type { OpenRequest, PageFunctions, WorkerFunctions } from './wire.js';

export interface RemoteClientOptions {
  readonly request: Omit<OpenRequest, 'schema' | 'validates'>;
  readonly schema: SchemaMeta;
  readonly validators: Validators | undefined;
  readonly getToken: () => Promise<string>;
  /** Called every ten seconds while the database is being opened, with the seconds it has taken. */
  readonly onStillOpening?: (seconds: number) => void;
  readonly logger: Logger;
  /** Ends the worker; called once the database is closed. */
  readonly terminate: () => void;
}

interface LiveListener {
  readonly onRows: (rows: unknown[]) => void;
  readonly onError: ((error: Error) => void) | undefined;
}

export interface RemoteClient extends MillraceClient {
  /** Where the rows are kept. */
  readonly storage: StorageKind;
  /** The machine has a network again. */
  online(): void;
  /** The worker died: nothing can be asked of it any more. */
  fail(error: Error): void;
}

/** The page's half: everything a client is, over the channel to its worker. */
export async function remoteClient(port: RpcPort, options: RemoteClientOptions): Promise<RemoteClient> {
  const { validators = noValidators, schema } = options;
  const listeners = new Map<number, LiveListener>();
  const changes = observable(0);
  const early: ClientStatus[] = [];
  let hearSchema: (now: SchemaMeta) => void = (now) => void (lateSchema = now);
  let lateSchema: SchemaMeta | null = null;
  let hearStatus: (status: ClientStatus) => void = (status) => early.push(status);
  const ours: PageFunctions = {
    getToken: options.getToken,
    validate: (...args) => validators.validate(...args),
    stillOpening: (seconds) => options.onStillOpening?.(seconds),
    status: (status) => hearStatus(status),
    schema: (now) => hearSchema(now),
    listsChanged: () => changes.set(changes.get() + 1),
    liveRows: (id, rows) => listeners.get(id)?.onRows(rows),
    liveFailed: (id, error) => listeners.get(id)?.onError?.(fromWireError(error)),
  };
  const channel = rpc<WorkerFunctions>(port, ours);
  const worker = channel.remote;
  const opened = await worker.open({ ...options.request, schema, validates: validators !== noValidators });
  const status = observable(early.at(-1) ?? opened.status);
  hearStatus = status.set;
  const inUse = observable(lateSchema ?? opened.schema);
  hearSchema = inUse.set;

  const list = <Name extends 'pending' | 'rejected'>(name: Name) =>
    observableList(
      () => worker.load(name) as ReturnType<ReturnType<MillraceClient[Name]>['load']> as never,
      (listener) => changes.subscribe(listener),
      options.logger,
    );
  const pending = list('pending') as ReturnType<MillraceClient['pending']>;
  const rejected = list('rejected') as ReturnType<MillraceClient['rejected']>;
  let lastLive = 0;

  return {
    storage: opened.storage,
    ready: whenReady(status),
    db: remoteDatabase(worker),
    live: async <T>(
      sql: string,
      params: readonly unknown[],
      onRows: (rows: T[]) => void,
      onError?: (error: Error) => void,
    ) => {
      const id = (lastLive += 1);
      listeners.set(id, { onRows: onRows as LiveListener['onRows'], onError });
      try {
        await worker.startLive(id, sql, params);
      } catch (error) {
        listeners.delete(id);
        throw error;
      }
      return async () => {
        listeners.delete(id);
        await worker.endLive(id);
      };
    },
    status,
    schema: inUse,
    migrations: {
      getPendingMigrations: () => worker.getPendingMigrations(),
      applyMigration: (name) => worker.applyMigration(name),
      getMigrationStatus: () => worker.getMigrationStatus(),
      rollbackMigration: (name) => worker.rollbackMigration(name),
    },
    pending: () => pending,
    rejected: () => rejected,
    dispose: (txId) => worker.dispose(txId),
    connect: () => void worker.connect(),
    disconnect: () => void worker.disconnect(),
    online: () => void worker.online(),
    resync: () => void worker.resync(),
    verify: () => worker.verify(),
    close: async () => {
      await worker.close();
      channel.end(new SyncError('closed', 'the client was closed'));
      options.terminate();
    },
    fail: (error) => {
      channel.end(error);
      status.set({
        ...status.get(),
        phase: 'stopped',
        connected: false,
        fault: { code: 'storage-failed', message: error.message },
      });
    },
  };
}

function remoteDatabase(worker: Remote<WorkerFunctions>): LocalDatabase {
  return {
    query: <T>(sql: string, params: readonly unknown[] = [], options = {}) =>
      worker.query(sql, params, options) as Promise<QueryResult<T>>,
    transaction: async <T>(work: (tx: Queries) => Promise<T>, options: WriteOptions = {}): Promise<T> => {
      const id = await worker.begin(options);
      let result: T;
      try {
        result = await work({
          query: <Row>(sql: string, params: readonly unknown[] = [], queryOptions = {}) =>
            worker.queryIn(id, sql, params, queryOptions) as Promise<QueryResult<Row>>,
        });
      } catch (error) {
        await worker.rollback(id);
        throw error;
      }
      await worker.commit(id);
      return result;
    },
  };
}
