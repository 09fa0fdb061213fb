import type { HydrationProgress } from '@millrace/hydration';
import type { ErrorCode, Position } from '@millrace/kernel';
import type { Assembly } from './assembly.js';
import type { HydrationOrder } from './hydration/hydration-order.js';
import type { ElsewhereCount } from './elsewhere-count.js';
import type { StoreSummary } from './ports/client-store.js';
import type { ReceivedTransaction } from './received-transaction.js';
import { initialSchemaState, type MigrationMode, type SchemaState } from './schema-state.js';
import type { Verification } from './verification.js';

/**
 * `opening`: the database. `registering`: the client id at the server. `hydrating`: rows of all tables or of some. `connecting`, `greeting`: the socket, then
 * `hello`. `live`: following the stream. `waiting`: until the next attempt. `offline`: the app disconnected. `stopped`: going on needs a
 * person (say, an update of the app). `closed`: for good.
 */
export type Phase =
  | 'opening'
  | 'registering'
  | 'hydrating'
  | 'connecting'
  | 'greeting'
  | 'live'
  | 'waiting'
  | 'offline'
  | 'stopped'
  | 'closed';

/** Why the client is not getting on, for people. */
export interface ClientFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The client's protocol at one moment. A value: the reducer makes the next one. */
export interface ClientState {
  readonly phase: Phase;
  /** Whether the app wants to be connected. */
  readonly wanted: boolean;
  readonly clientId: string;
  readonly registered: boolean;
  readonly store: StoreSummary;
  readonly elsewhere: ElsewhereCount;
  readonly schema: SchemaState;
  /** Set while the cursor cannot be continued, or tables are not right: the next thing to do is hydrate [A4, S4]. */
  readonly due: HydrationOrder | null;
  /** Number of the newest hydration; what an older one reports is only data, never a step. */
  readonly hydration: number;
  readonly progress: HydrationProgress | null;
  readonly verification: Verification | null;
  /** Number of the newest socket: events of older ones are ignored. */
  readonly connection: number;
  /** `hello` waits for an apply under way, since it must name the cursor that results. */
  readonly greeted: boolean;
  /** Where history ended when we were last welcomed. */
  readonly head: Position | null;
  readonly assembly: Assembly;
  /** Whole transactions that wait for the store, each with the count of characters up to its end. */
  readonly queue: readonly { readonly transaction: ReceivedTransaction; readonly chars: number }[];
  readonly applying: {
    readonly connection: number;
    readonly seq: bigint;
    readonly chars: number;
    /** Names of the migrations that are part of it. */
    readonly steps: readonly string[];
  } | null;
  /** Characters received since `welcome`. */
  readonly chars: number;
  readonly attempt: number;
  readonly pushing: 'idle' | 'in-flight' | 'waiting';
  readonly pushAttempt: number;
  readonly fault: ClientFault | null;
}

/** Before the database is open. */
export function initialState(options: {
  readonly appVersion: string;
  readonly migrations: MigrationMode;
  readonly connect: boolean;
}): ClientState {
  return {
    phase: 'opening',
    wanted: options.connect,
    clientId: '',
    registered: false,
    store: {
      position: null,
      scope: null,
      schemaVersion: options.appVersion,
      ackedMutation: 0,
      unsent: 0,
      pending: 0,
      rejected: 0,
    },
    elsewhere: { pending: 0, rejected: 0, unread: 0 },
    schema: initialSchemaState({ app: options.appVersion, mode: options.migrations }),
    due: null,
    hydration: 0,
    progress: null,
    verification: null,
    connection: 0,
    greeted: false,
    head: null,
    assembly: { seq: 0n, open: null },
    queue: [],
    applying: null,
    chars: 0,
    attempt: 0,
    pushing: 'idle',
    pushAttempt: 0,
    fault: null,
  };
}
