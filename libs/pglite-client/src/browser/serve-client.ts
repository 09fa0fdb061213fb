import { must, type Clock, type Logger, type Random } from '@millrace/kernel';
import { startClient, type StartedClient } from '../client/start-client.js';
import type { ClientStatus } from '../core/client-status.js';
import type { Transport } from '../core/ports/transport.js';
import { drainOutbox } from '../core/drain-outbox.js';
import { pgliteStore } from '../store/pglite-store.js';
import type { LocalPostgres } from '../store/open-pglite.js';
import { leftoverOutboxes, type LeftoverDatabase, type LeftoverOutboxes, type Leftovers } from './leftover-outboxes.js';
import type { OpenedStorage } from './open-storage.js';
import { rpc, type RpcPort } from './rpc.js';
import { toWireError } from './wire-error.js';
import { transactions, type Transactions } from './transactions.js';
import type { OpenRequest, PageFunctions, WorkerFunctions } from './wire.js';

/** A principal's other databases in this browser. */
export interface KeptElsewhere extends Leftovers {
  open(database: LeftoverDatabase): Promise<LocalPostgres>;
}

export interface ServedStorage extends OpenedStorage {
  readonly release: () => void;
  /** Null if nothing is kept. */
  readonly elsewhere: KeptElsewhere | null;
}

/** What the worker's surroundings give. */
export interface ServeClientPorts {
  /** `onStillOpening`: called every ten seconds while it opens, with the seconds it has taken. */
  readonly openStorage: (request: OpenRequest, onStillOpening: (seconds: number) => void) => Promise<ServedStorage>;
  readonly transport: (url: string) => Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Served {
  readonly client: StartedClient;
  readonly transactions: Transactions;
  readonly release: () => void;
  readonly leftovers: LeftoverOutboxes | null;
}

/** The worker's half: owns database and socket, and does what its page asks. */
export function serveClient(port: RpcPort, ports: ServeClientPorts): void {
  const live = new Map<number, Promise<() => Promise<void>>>();
  let served: Served | null = null;
  const opened = (): Served => must(served, 'the database is not open');
  const client = () => opened().client;

  const ours: WorkerFunctions = {
    open: async (request) => {
      const storage = await ports.openStorage(request, (seconds) => void page.stillOpening(seconds));
      const started = await startClient({
        pg: storage.pg,
        transport: ports.transport(request.url),
        files: storage.files,
        getToken: () => page.getToken(),
        schema: request.schema,
        migrations: request.migrations,
        validate: request.validates ? (...args) => page.validate(...args) : null,
        connect: request.connect,
        clock: ports.clock,
        random: ports.random,
        logger: ports.logger,
      });
      served = {
        client: started,
        transactions: transactions(started.db),
        release: storage.release,
        leftovers: storage.elsewhere && seeToLeftovers(started, storage.elsewhere, request),
      };
      started.status.subscribe((status) => void page.status(status));
      started.schema.subscribe((schema) => void page.schema(schema));
      started.onStoreChange(() => void page.listsChanged());
      return { storage: storage.kind, status: started.status.get(), schema: started.schema.get() };
    },
    query: (sql, params, options) => client().db.query(sql, params, options),
    begin: (options) => opened().transactions.begin(options),
    queryIn: (id, sql, params, options) => opened().transactions.of(id).query(sql, params, options),
    commit: (id) => opened().transactions.commit(id),
    rollback: (id) => opened().transactions.rollback(id),
    startLive: async (id, sql, params) => {
      const ending = client().live(
        sql,
        params,
        (rows) => void page.liveRows(id, rows),
        (error) => void page.liveFailed(id, toWireError(error)),
      );
      live.set(id, ending);
      await ending;
    },
    endLive: async (id) => {
      const ending = live.get(id);
      live.delete(id);
      await (
        await ending
      )?.();
    },
    load: (list) => client()[list]().load() as never,
    dispose: (txId) => client().dispose(txId),
    connect: () => client().connect(),
    disconnect: () => client().disconnect(),
    online: () => client().online(),
    resync: () => client().resync(),
    verify: () => client().verify(),
    getPendingMigrations: () => client().migrations.getPendingMigrations(),
    applyMigration: (name) => client().migrations.applyMigration(name),
    getMigrationStatus: () => client().migrations.getMigrationStatus(),
    rollbackMigration: (name) => client().migrations.rollbackMigration(name),
    close: async () => {
      const { client: open, release, leftovers } = opened();
      leftovers?.stop();
      await open.close();
      release();
    },
  };
  const { remote: page } = rpc<PageFunctions>(port, ours);

  function seeToLeftovers(started: StartedClient, kept: KeptElsewhere, request: OpenRequest): LeftoverOutboxes {
    const { clock, random, logger } = ports;
    const { schema } = request;
    const leftovers = leftoverOutboxes({
      ...kept,
      drain: async (database, options) => {
        const pg = await kept.open(database);
        const store = pgliteStore({ pg, schema, newClientId: random.uuid(), logger, clock });
        return drainOutbox(
          { store, transport: ports.transport(request.url), token: () => page.getToken(), logger },
          options,
        );
      },
      state: () => attention(started.status.get().phase),
      onCount: (count) => started.elsewhere(count),
      clock,
      logger,
    });
    leftovers.start();
    return leftovers;
  }
}

/** Rows that are being loaded come first: until then nobody can work at all. */
function attention(phase: ClientStatus['phase']): 'busy' | 'offline' | 'online' {
  if (phase === 'live') return 'online';
  return phase === 'opening' || phase === 'hydrating' || phase === 'closed' ? 'busy' : 'offline';
}
