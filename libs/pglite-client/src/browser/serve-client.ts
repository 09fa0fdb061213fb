import { must, type Clock, type Logger, type Random } from '@millrace/kernel';
import { startClient, type StartedClient } from '../client/start-client.js';
import type { Transport } from '../core/ports/transport.js';
import type { OpenedStorage } from './open-storage.js';
import { rpc, type RpcPort } from './rpc.js';
import { transactions, type Transactions } from './transactions.js';
import type { OpenRequest, PageFunctions, WorkerFunctions } from './wire.js';

/** What the worker's surroundings give. */
export interface ServeClientPorts {
  readonly openStorage: (request: OpenRequest) => Promise<OpenedStorage & { readonly release: () => void }>;
  readonly transport: (url: string) => Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Served {
  readonly client: StartedClient;
  readonly transactions: Transactions;
  readonly release: () => void;
}

/** The worker's half: owns database and socket, and does what its page asks. */
export function serveClient(port: RpcPort, ports: ServeClientPorts): void {
  const live = new Map<number, Promise<() => Promise<void>>>();
  let served: Served | null = null;
  const opened = (): Served => must(served, 'the database is not open');
  const client = () => opened().client;

  const ours: WorkerFunctions = {
    open: async (request) => {
      const storage = await ports.openStorage(request);
      const started = await startClient({
        pg: storage.pg,
        transport: ports.transport(request.url),
        files: storage.files,
        getToken: () => page.getToken(),
        schema: request.schema,
        validate: request.validates ? (...args) => page.validate(...args) : null,
        connect: request.connect,
        clock: ports.clock,
        random: ports.random,
        logger: ports.logger,
      });
      served = { client: started, transactions: transactions(started.db), release: storage.release };
      started.status.subscribe((status) => void page.status(status));
      started.onStoreChange(() => void page.listsChanged());
      return { storage: storage.kind, status: started.status.get() };
    },
    query: (sql, params, options) => client().db.query(sql, params, options),
    begin: (options) => opened().transactions.begin(options),
    queryIn: (id, sql, params, options) => opened().transactions.of(id).query(sql, params, options),
    commit: (id) => opened().transactions.commit(id),
    rollback: (id) => opened().transactions.rollback(id),
    startLive: async (id, sql, params) => {
      const ending = client().live(sql, params, (rows) => void page.liveRows(id, rows));
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
    close: async () => {
      const { client: open, release } = opened();
      await open.close();
      release();
    },
  };
  const { remote: page } = rpc<PageFunctions>(port, ours);
}
