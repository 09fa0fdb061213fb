import type { Digest, HydrationFiles } from '@millrace/hydration';
import { SyncError, type Clock, type Logger, type Random } from '@millrace/kernel';
import { rollbackStep, type ClientMigration } from '@millrace/migrations-client';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { VerifyOutcome } from './client-effect.js';
import type { ClientEvent } from './client-event.js';
import { reduceClient } from './client-reducer.js';
import { initialState, type ClientFault, type ClientState } from './client-state.js';
import { statusOf, type ClientStatus } from './client-status.js';
import { effectRunner } from './effect-runner.js';
import { migrationWaiters } from './migration-waiters.js';
import type { ElsewhereCount } from './elsewhere-count.js';
import { observable, type Observable } from './observable.js';
import type { ClientStore, StoreSummary } from './ports/client-store.js';
import type { Transport } from './ports/transport.js';
import type { MigrationMode } from './schema-state.js';
import type { VerifyReport } from './verification.js';

export interface RunClientOptions {
  readonly store: ClientStore;
  readonly transport: Transport;
  /** Asked for each call and each connection; the app decides whether it still has a good one. */
  readonly getToken: () => Promise<string>;
  /** That the app was built with; the store's may be another one. */
  readonly schema: SchemaMeta;
  /** Whether migrations are taken as they come (default), or wait for `applyMigration`. */
  readonly migrations?: MigrationMode;
  /** Where a hydration keeps what it has downloaded, until it is durable. */
  readonly files: HydrationFiles;
  /** Unpacked bytes from which it is kept there; absent: `DOWNLOAD.keepFrom`. */
  readonly keepFrom?: number;
  /** SHA-256, hex; a parameter for simulations, which know no work that happens beside. */
  readonly digest: Digest;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Whether to connect at once. */
  readonly connect: boolean;
}

/** A running client: its reducer fed with events, its effects performed. */
export interface RunningClient {
  readonly status: Observable<ClientStatus>;
  /** Calls back after each change of outbox or rejected list. */
  onStoreChange(listener: () => void): () => void;
  readonly state: () => ClientState;
  connect(): void;
  disconnect(): void;
  /** The machine has a network again: skips any wait. */
  online(): void;
  /** Loads all rows anew; tables that are known to be right are not downloaded. */
  resync(): void;
  /**
   * Compares all tables with the server's, and loads anew what differs. Rejects with `network` while there is no connection, with `timeout` if it takes
   * more than a minute (a repair that was begun goes on), with `closed` if the client is closed meanwhile.
   */
  verify(): Promise<VerifyReport>;
  /** The database's record of migrations, oldest first. */
  migrations(): Promise<readonly ClientMigration[]>;
  /** `applyMigration` of the MigrationAPI. */
  applyMigration(name: string): Promise<void>;
  /** `rollbackMigration` of the MigrationAPI. */
  rollbackMigration(name: string): Promise<void>;
  /** A local transaction has committed and left the store like this. Whoever writes by other ways is heard through `onLocalWrite`, later. */
  written(summary: StoreSummary): void;
  /** What closed tabs left in this browser, as somebody counted it. */
  elsewhere(count: ElsewhereCount): void;
  /** Forgets a rejected mutation. */
  dispose(txId: string): Promise<void>;
  /** Ends the connection, waits for what the store is doing, and closes it. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/** Opens the store and runs the protocol over it. Resolves once the database is open; rejects with what kept it from opening. */
export async function runClient(options: RunClientOptions): Promise<RunningClient> {
  const { store, logger } = options;
  let state = initialState({
    appVersion: options.schema.version,
    migrations: options.migrations ?? 'auto',
    connect: options.connect,
  });
  const status = observable(statusOf(state));
  const changed = observable(0);
  const waiting: ClientEvent[] = [];
  let turning = false;
  const effects = effectRunner(options, { dispatch, state: () => state, verified, migrationEnded });
  const migrating = migrationWaiters();
  let verifiers: readonly PromiseWithResolvers<VerifyReport>[] = [];

  /** One event at a time: what an effect reports at once waits its turn. */
  function dispatch(event: ClientEvent): void {
    waiting.push(event);
    if (turning) return;
    turning = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) turn(next);
    turning = false;
  }

  function turn(event: ClientEvent): void {
    const before = state;
    const result = reduceClient(state, event);
    state = result.state;
    if (state.phase !== before.phase) logger.debug('phase', { from: before.phase, to: state.phase, event: event.type });
    for (const effect of result.effects) effects.run(effect);
    if (state !== before) status.set(statusOf(state));
    if (state.store !== before.store) changed.set(changed.get() + 1);
  }

  function verified(outcome: VerifyOutcome): void {
    const waiting = verifiers;
    verifiers = [];
    for (const { resolve, reject } of waiting)
      if (outcome.kind === 'report') resolve(outcome.report);
      else reject(new SyncError(outcome.error.code, outcome.error.message));
  }

  function migrationEnded(name: string, error: ClientFault | null): void {
    migrating.ended(name, error && new SyncError(error.code, error.message));
  }

  let refreshing: Promise<void> | null = null;

  /** The store works in order, so a summary that is still to come tells of everything written so far. */
  function refresh(): Promise<void> {
    refreshing ??= effects.refresh().finally(() => (refreshing = null));
    return refreshing;
  }

  let closing: Promise<void> | null = null;

  async function close(): Promise<void> {
    endLocalWrites();
    dispatch({ type: 'close' });
    verified({ kind: 'failed', error: { code: 'closed', message: 'the client was closed' } });
    migrating.close();
    await effects.settled();
    await store.close();
  }

  const opened = await store.open();
  const endLocalWrites = store.onLocalWrite(() => void refresh());
  dispatch({ type: 'migrations-read', migrations: await store.migrations() });
  dispatch({ type: 'opened', store: opened });

  return {
    status,
    state: () => state,
    onStoreChange: (listener) => changed.subscribe(listener),
    connect: () => dispatch({ type: 'connect' }),
    disconnect: () => dispatch({ type: 'disconnect' }),
    online: () => dispatch({ type: 'online' }),
    resync: () => dispatch({ type: 'resync' }),
    verify: () => {
      const waiting = Promise.withResolvers<VerifyReport>();
      verifiers = [...verifiers, waiting];
      dispatch({ type: 'verify' });
      return waiting.promise;
    },
    migrations: store.migrations,
    applyMigration: (name) => {
      const taken = migrating.wait(name);
      dispatch({ type: 'apply-migration', name });
      return taken;
    },
    rollbackMigration: async (name) => {
      const step = rollbackStep(name, await store.migrations(), store.schema().version);
      const taken = migrating.wait(name);
      dispatch({ type: 'migrate', step });
      return taken;
    },
    written: (summary) => dispatch({ type: 'store-changed', summary }),
    elsewhere: (count) => dispatch({ type: 'elsewhere', count }),
    dispose: async (txId) => {
      const summary = await store.dispose(txId);
      dispatch({ type: 'store-changed', summary });
    },
    close: () => (closing ??= close()),
  };
}
