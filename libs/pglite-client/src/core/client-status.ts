import type { HydrationProgress } from '@millrace/hydration';
import type { Position } from '@millrace/kernel';
import type { ResyncCause } from '@millrace/sync-protocol';
import type { ElsewhereCount } from './elsewhere-count.js';
import type { PendingMigration } from '@millrace/migrations-client';
import type { Fit } from '@millrace/schema-compat';
import type { ClientFault, ClientState, Phase } from './client-state.js';
import { pendingMigrations } from './schema-state.js';

/** What an app shows of its client. */
export interface ClientStatus {
  readonly phase: Phase;
  /** `created`: no rows yet. `snapshot-loading`: rows are on their way. `live`: the tables can be read, whether or not there is a connection. */
  readonly instance: 'created' | 'snapshot-loading' | 'live';
  /** Following the stream right now. */
  readonly connected: boolean;
  readonly clientId: string | null;
  readonly position: Position | null;
  /** Local transactions that the server has not acknowledged. */
  readonly pending: number;
  /** Refused ones that the app has not disposed of. */
  readonly rejected: number;
  /** What other tabs of this principal, closed by now, left in this browser: nothing is in sync before it is sent. A live tab sees to it. */
  readonly elsewhere: ElsewhereCount;
  /** While rows are loaded, and then until the stream has brought what happened meanwhile. */
  readonly progress: HydrationProgress | null;
  /** Why rows are loaded anew, while they are or have to be. */
  readonly resync: ResyncCause | null;
  /** The tables that this is about; null: all of them, or nothing is loaded. What was there before can be read all the time. */
  readonly filling: readonly string[] | null;
  /** The tables are being compared with the server's. */
  readonly verifying: boolean;
  readonly schema: SchemaStatus;
  /** The last failure, until things go well again. */
  readonly fault: ClientFault | null;
}

/** Which schema the tables have, and what stands between it and the server's. */
export interface SchemaStatus {
  /** Of the tables. */
  readonly version: string;
  /** Of the schema that the app was built with. */
  readonly app: string;
  /** At the server, as it last said; null before it did. */
  readonly inForce: string | null;
  /** How the server said that this client fits it. `must-update-app`: nothing new comes before the app is updated; what is written here still goes up. */
  readonly fit: Fit | null;
  /** Migrations that the server took and this client did not. */
  readonly pending: readonly PendingMigration[];
}

export function statusOf(state: ClientState): ClientStatus {
  return {
    phase: state.phase,
    instance: instanceOf(state),
    connected: state.phase === 'live',
    clientId: state.clientId === '' ? null : state.clientId,
    position: state.store.position,
    pending: state.store.pending,
    rejected: state.store.rejected,
    elsewhere: state.elsewhere,
    progress: state.progress,
    resync: state.due?.cause ?? null,
    filling: state.due?.tables ?? null,
    verifying: state.verification !== null,
    schema: {
      version: state.store.schemaVersion,
      app: state.schema.app,
      inForce: state.schema.inForce,
      fit: state.schema.fit,
      pending: pendingMigrations(state.schema),
    },
    fault: state.fault,
  };
}

function instanceOf(state: ClientState): ClientStatus['instance'] {
  if (state.phase === 'hydrating') return 'snapshot-loading';
  return state.store.position === null ? 'created' : 'live';
}
