import type { PGlite } from '@electric-sql/pglite';
import { noValidators, type SchemaMeta } from '@millrace/schema-meta';
import { sha256, type HydrationFiles } from '@millrace/hydration';
import { errorText, type Clock, type Logger, type Random } from '@millrace/kernel';
import type { ElsewhereCount } from '../core/elsewhere-count.js';
import type { ClientStore } from '../core/ports/client-store.js';
import type { Transport } from '../core/ports/transport.js';
import { runClient } from '../core/run-client.js';
import type { MigrationMode } from '../core/schema-state.js';
import { liveQueries } from '../live/live-queries.js';
import { pgliteStore } from '../store/pglite-store.js';
import type { Validate } from './check-recorded.js';
import { explainLocalError } from './local-errors.js';
import { idleWatch } from './idle-watch.js';
import { localDatabase } from './local-database.js';
import type { MillraceClient } from './millrace-client.js';
import { clientMigrations } from './client-migrations.js';
import { schemaInUse } from './schema-in-use.js';
import { observableList } from './observable-list.js';
import { ownWrites } from './own-writes.js';
import { whenReady } from './ready.js';
import { sqlErrorOf } from '../store/pglite-text.js';

export interface StartClientOptions {
  /** The client closes it. */
  readonly pg: PGlite;
  readonly transport: Transport;
  /** Where a hydration keeps what it has downloaded. */
  readonly files: HydrationFiles;
  readonly getToken: () => Promise<string>;
  /** That the app was built with. */
  readonly schema: SchemaMeta;
  readonly migrations?: MigrationMode;
  readonly validate: Validate | null;
  readonly connect: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A client, and what its surroundings tell it. */
export interface StartedClient extends MillraceClient {
  /** The machine has a network again. */
  online(): void;
  /** What closed tabs left in this browser, as somebody counted it. */
  elsewhere(count: ElsewhereCount): void;
  onStoreChange(listener: () => void): () => void;
}

/** A client on an open database, whatever process it runs in. */
export async function startClient(options: StartClientOptions): Promise<StartedClient> {
  const { pg, schema, validate, logger, clock } = options;
  const store = pgliteStore({ pg, schema, newClientId: options.random.uuid(), logger, clock });
  const own = ownWrites();
  const onLocalWrite: ClientStore['onLocalWrite'] = (listener) => store.onLocalWrite(own.except(listener));
  const running = await runClient({ ...options, store: { ...store, onLocalWrite }, digest: sha256 });
  const watch = idleWatch(clock);
  const live = liveQueries(pg, options);
  const inUse = schemaInUse(running.status, store.schema);
  inUse.subscribe(() => live.schemaChanged());
  const pending = observableList(() => watch.waiting(store.pending), running.onStoreChange, logger);
  const rejected = observableList(() => watch.waiting(store.rejected), running.onStoreChange, logger);
  return {
    ready: whenReady(running.status),
    db: localDatabase({ pg, schema: store.schema, validate, watch, own, onRecorded: running.written }),
    live: async <T>(
      sql: string,
      params: readonly unknown[],
      onRows: (rows: T[]) => void,
      onError?: (error: Error) => void,
    ) => {
      const failed = onError && ((error: unknown) => onError(explained(error)));
      try {
        return await watch.waiting(() => live.subscribe(sql, params, onRows, failed));
      } catch (error) {
        throw explained(error);
      }
    },
    status: running.status,
    schema: inUse,
    migrations: clientMigrations(running),
    pending: () => pending,
    rejected: () => rejected,
    dispose: (txId) => watch.waiting(() => running.dispose(txId)),
    disconnect: running.disconnect,
    connect: running.connect,
    resync: running.resync,
    verify: running.verify,
    online: running.online,
    elsewhere: running.elsewhere,
    onStoreChange: running.onStoreChange,
    close: running.close,
  };
}

function explained(error: unknown): Error {
  const said = explainLocalError(sqlErrorOf(error));
  return said instanceof Error ? said : new Error(errorText(said));
}

/** No validators at all are not even asked. */
export function validateOf(validators: { readonly validate: Validate } | undefined): Validate | null {
  return validators && validators !== noValidators ? (...args) => validators.validate(...args) : null;
}
