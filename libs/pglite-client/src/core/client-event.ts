import type { HydrationProgress } from '@millrace/hydration';
import type { SyncError } from '@millrace/kernel';
import type { ClientMigration } from '@millrace/migrations-client';
import type { SchemaStep } from '@millrace/schema-compat';
import type { ServerMessage } from '@millrace/sync-protocol';
import type { ElsewhereCount } from './elsewhere-count.js';
import type { OpenedStore, StoreSummary } from './ports/client-store.js';
import type { ComparedTable } from './verification.js';

export type TimerName =
  /** The next attempt to connect. */
  | 'reconnect'
  /** The next attempt to push. */
  | 'push'
  /** A connection that lasted this long forgives earlier failures. */
  | 'stable'
  /** The token is about to end. */
  | 'auth'
  /** The server has not said `welcome`. */
  | 'handshake'
  /** Answered mutations have not been acknowledged by the stream (F66). */
  | 'ack'
  /** A comparison with the server that the app waits for is not done. */
  | 'verify';

/** All that can happen to a client. */
export type ClientEvent =
  | { readonly type: 'opened'; readonly store: OpenedStore }
  | { readonly type: 'open-failed'; readonly error: SyncError }
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'close' }
  /** The machine has a network again. */
  | { readonly type: 'online' }
  /** The app wants a new snapshot. */
  | { readonly type: 'resync' }
  /** The app wants to know whether its tables are the server's. */
  | { readonly type: 'verify' }
  | { readonly type: 'compared'; readonly tables: readonly ComparedTable[] }
  | { readonly type: 'compare-failed'; readonly error: SyncError }
  | { readonly type: 'registered'; readonly epoch: string }
  | { readonly type: 'register-failed'; readonly error: SyncError }
  | { readonly type: 'hydrate-progress'; readonly hydration: number; readonly progress: HydrationProgress }
  | { readonly type: 'hydrated'; readonly hydration: number; readonly summary: StoreSummary }
  | { readonly type: 'hydrate-failed'; readonly hydration: number; readonly error: SyncError }
  /** `tokenLifeMs`: how long the token still holds; null if it does not say. */
  | { readonly type: 'socket-opened'; readonly connection: number; readonly tokenLifeMs: number | null }
  /** `chars`: length of the text that held these frames. */
  | {
      readonly type: 'socket-message';
      readonly connection: number;
      readonly messages: readonly ServerMessage[];
      readonly chars: number;
    }
  /** The text could not be understood. */
  | { readonly type: 'socket-garbled'; readonly connection: number; readonly error: SyncError }
  | { readonly type: 'socket-closed'; readonly connection: number; readonly code: number; readonly reason: string }
  | {
      readonly type: 'token-renewed';
      readonly connection: number;
      readonly token: string;
      readonly tokenLifeMs: number | null;
    }
  | { readonly type: 'token-failed'; readonly connection: number }
  /** `migrations`: the database's record, if it was a step. */
  | {
      readonly type: 'applied';
      readonly summary: StoreSummary;
      readonly migrations?: readonly ClientMigration[];
    }
  | { readonly type: 'apply-failed'; readonly error: SyncError; readonly migrations?: readonly ClientMigration[] }
  /** The app lets a migration in. */
  | { readonly type: 'apply-migration'; readonly name: string }
  /** The app takes a step back. */
  | { readonly type: 'migrate'; readonly step: SchemaStep }
  | {
      readonly type: 'migrated';
      readonly step: SchemaStep;
      readonly byApp: boolean;
      readonly summary: StoreSummary;
      readonly migrations: readonly ClientMigration[];
    }
  | { readonly type: 'migrate-failed'; readonly step: SchemaStep; readonly error: SyncError }
  | { readonly type: 'migrations-read'; readonly migrations: readonly ClientMigration[] }
  /** The store changed for a reason of its own: a local write, a settled verdict, something disposed of. */
  | { readonly type: 'store-changed'; readonly summary: StoreSummary }
  /** What closed tabs left in this browser has been counted. */
  | { readonly type: 'elsewhere'; readonly count: ElsewhereCount }
  | { readonly type: 'store-failed'; readonly error: SyncError }
  | { readonly type: 'pushed'; readonly results: number; readonly summary: StoreSummary }
  | { readonly type: 'reconciled'; readonly summary: StoreSummary }
  | { readonly type: 'push-failed'; readonly error: SyncError }
  | { readonly type: 'timer'; readonly timer: TimerName };
