import type { Position } from '@millrace/kernel';
import type { MutationResult, PushConflict } from '@millrace/sync-protocol';
import type { SnapshotPart } from '@millrace/hydration';
import type { PendingMutation, RejectedMutation } from '../pending-mutation.js';
import type { ReceivedTransaction } from '../received-transaction.js';

/** What the protocol needs to know of a store; read in the same transaction as the change that it follows. */
export interface StoreSummary {
  /** The cursor; null before the first hydration. */
  readonly position: Position | null;
  /** Every mutation up to this one is settled here [W5]; 0 for none. */
  readonly ackedMutation: number;
  /** Pending mutations without an answer: these have to be pushed. */
  readonly unsent: number;
  /** Pending mutations in all. */
  readonly pending: number;
  readonly rejected: number;
}

/** What a store is when it is opened. */
export interface OpenedStore {
  readonly clientId: string;
  /** Epoch that the outbox's numbers belong to; null until the client is registered. */
  readonly outboxEpoch: string | null;
  readonly summary: StoreSummary;
}

/** A stretch of the outbox to push. */
export interface OutboxBatch {
  readonly epoch: string;
  /** Unanswered ones, in order of their numbers. */
  readonly mutations: readonly PendingMutation[];
}

/**
 * The client's database, as its protocol sees it. Every method is one transaction: all of it is durable once the promise resolves,
 * and nothing of it has happened if it rejects [A1]. Calls take effect in the order in which they were made. Local writes are made on the side, by SQL.
 */
export interface ClientStore {
  open(): Promise<OpenedStore>;
  summary(): Promise<StoreSummary>;
  /** Calls `listener` after each committed local transaction that was recorded. Returns the end of it. */
  onLocalWrite(listener: () => void): () => void;
  /** The server knows this client; the outbox counts in `epoch` unless it already counts in another one. */
  registered(epoch: string): Promise<void>;
  /**
   * Rows, cursor, acks and the re-base of what is still pending, together [A1, A2]. Throws `cursor-unknown` if the transactions do not fit
   * what is here: the caller hydrates again (I12).
   */
  apply(transactions: readonly ReceivedTransaction[]): Promise<StoreSummary>;
  /** Replaces all rows by the snapshot, its tail and its cursor as one transaction [S2]; the outbox stays and is re-based over it. Any error leaves all as it was. */
  hydrate(snapshot: AsyncIterable<SnapshotPart>): Promise<StoreSummary>;
  /** The first unanswered mutations within the limits (always at least one if there is one). */
  outbox(limits: { readonly mutations: number; readonly bytes: number }): Promise<OutboxBatch>;
  /** Notes verdicts that came by HTTP: these mutations are not sent again, and stay pending until their ack [W5]. */
  answer(results: readonly MutationResult[]): Promise<StoreSummary>;
  /** Verdicts of mutations whose effects the base rows already contain: the mutations leave the outbox [W5]. */
  settle(results: readonly MutationResult[]): Promise<StoreSummary>;
  /** The server stands elsewhere: settle and renumber [W2]. */
  reconcile(conflict: PushConflict): Promise<StoreSummary>;
  pending(): Promise<readonly PendingMutation[]>;
  rejected(): Promise<readonly RejectedMutation[]>;
  /** Forgets a rejected mutation. Unknown ones are forgotten already. */
  dispose(txId: string): Promise<StoreSummary>;
  close(): Promise<void>;
}
