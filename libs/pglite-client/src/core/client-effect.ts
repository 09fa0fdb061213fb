import type { SchemaStep } from '@millrace/schema-compat';
import type { Checkpoint, ClientMessage, MutationResult } from '@millrace/sync-protocol';
import type { TimerName } from './client-event.js';
import type { ClientFault } from './client-state.js';
import type { HydrationOrder } from './hydration/hydration-order.js';
import type { ReceivedTransaction } from './received-transaction.js';
import type { VerifyReport } from './verification.js';

/** How long a timer runs: a fixed time, or the backoff of an attempt, whose jitter the runner draws. */
export type Delay = { readonly ms: number } | { readonly attempt: number };

/** All that a client does. Effects are begun in their order; effects on the store are also finished in it. */
export type ClientEffect =
  | { readonly type: 'register' }
  | ({ readonly type: 'hydrate'; readonly hydration: number } & HydrationOrder)
  | { readonly type: 'cancel-hydrate' }
  | { readonly type: 'open-socket'; readonly connection: number }
  | { readonly type: 'close-socket'; readonly connection: number; readonly code: number; readonly reason: string }
  | { readonly type: 'send'; readonly connection: number; readonly messages: readonly ClientMessage[] }
  | { readonly type: 'renew-token'; readonly connection: number }
  | { readonly type: 'apply'; readonly transactions: readonly ReceivedTransaction[] }
  | { readonly type: 'settle'; readonly results: readonly MutationResult[] }
  /** Compare base rows with what the server read; ends in `compared` or `compare-failed`. */
  | { readonly type: 'compare'; readonly checkpoint: Checkpoint }
  /** For all who wait for `verify`. */
  | { readonly type: 'verified'; readonly outcome: VerifyOutcome }
  /** Send the first unanswered mutations; on a conflict, reconcile. Ends in `pushed`, `reconciled` or `push-failed`. */
  | { readonly type: 'push' }
  /** Take a step that does not come by the stream; ends in `migrated` or `migrate-failed`. */
  | { readonly type: 'migrate'; readonly step: SchemaStep; readonly byApp: boolean }
  /** For all who wait for the migration of this name: it was taken, or was not. */
  | { readonly type: 'migration-ended'; readonly name: string; readonly error: ClientFault | null }
  /** A timer of the same name starts anew. */
  | { readonly type: 'start-timer'; readonly timer: TimerName; readonly delay: Delay }
  | { readonly type: 'stop-timer'; readonly timer: TimerName };

export type VerifyOutcome =
  | { readonly kind: 'report'; readonly report: VerifyReport }
  | { readonly kind: 'failed'; readonly error: ClientFault };

/** The outcome of one event. */
export interface Step<State> {
  readonly state: State;
  readonly effects: readonly ClientEffect[];
}
