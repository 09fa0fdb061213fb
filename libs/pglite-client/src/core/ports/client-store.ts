import type { Position } from '@millrace/kernel';
import type { TableHash } from '@millrace/hydration';
import type { ClientMigration } from '@millrace/migrations-client';
import type { SchemaStep } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { MutationResult, PushConflict, SnapshotFormat } from '@millrace/sync-protocol';
import type { PendingMutation, RejectedMutation } from '../pending-mutation.js';
import type { ReceivedTransaction } from '../received-transaction.js';

/** What the protocol needs to know of a store; read in the same transaction as the change that it follows. */
export interface StoreSummary {
  /** The cursor; null before the first hydration. */
  readonly position: Position | null;
  /** The scope that the rows were read for; null before the first hydration. */
  readonly scope: string | null;
  /** Of the tables: which of its steps the database has taken [M3]. */
  readonly schemaVersion: string;
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
  /** In whose words they are told. */
  readonly schema: SchemaMeta;
  /** Unanswered ones, in order of their numbers. */
  readonly mutations: readonly PendingMutation[];
}

/** Rows that were read for this client, and the history that makes them whole. */
export interface Hydration {
  /** Tables whose rows are replaced; all others keep theirs. */
  readonly tables: readonly TableLoad[];
  /** History that the rows do not hold yet. It ends at `position`. */
  readonly tail: readonly ReceivedTransaction[];
  readonly position: Position;
  /** The scope that the rows were read for: told to the server with each `hello`. */
  readonly scope: string;
  /** Called as rows are loaded; `rows` counts from 0 to all of them. */
  readonly onProgress: (rows: number) => void;
}

/** The rows of one table, chunk by chunk. */
export interface TableLoad {
  readonly name: string;
  readonly format: SnapshotFormat;
  /** The columns of its rows, in their order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Of the rows before the tail [S6]. */
  readonly hash: TableHash;
  readonly chunks: readonly ChunkLoad[];
}

export interface ChunkLoad {
  readonly rows: number;
  /** Its unpacked bytes. Throws `snapshot-corrupt` if they are not there or not those of the manifest. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A table's base rows at the cursor. */
export interface TableState {
  readonly name: string;
  readonly hash: TableHash;
  /** seq of the last transaction that changed it, or of the position at which it was loaded: since then it has been as it is [S6]. */
  readonly changedAt: bigint;
}

/**
 * The client's database, as its protocol sees it. Every method is one transaction: all of it is durable once the promise resolves,
 * and nothing of it has happened if it rejects [A1]. Calls take effect in the order in which they were made. Local writes are made on the side, by SQL.
 */
export interface ClientStore {
  open(): Promise<OpenedStore>;
  summary(): Promise<StoreSummary>;
  /** The schema of the tables: that of the app when the database was made, and then what steps have made of it. Throws before `open` has resolved. */
  schema(): SchemaMeta;
  /** Calls `listener` after each committed local transaction that was recorded. Returns the end of it. */
  onLocalWrite(listener: () => void): () => void;
  /** The server knows this client; the outbox counts in `epoch` unless it already counts in another one. */
  registered(epoch: string): Promise<void>;
  /**
   * Rows, cursor, acks and the re-base of what is still pending, together [A1, A2]. Throws `cursor-unknown` if the transactions do not fit
   * what is here: the caller hydrates again (I12). One that has a step comes alone: tables, base rows and queued writes follow it in the same transaction
   * [M3]. If they can't, it throws `migration-failed`, and only the failure is noted.
   */
  apply(transactions: readonly ReceivedTransaction[]): Promise<StoreSummary>;
  /**
   * Takes these rows in the place of those that are here, then the tail, with the cursor, as one transaction [S2, S4]; the outbox stays and is re-based
   * over it. What was here can be read until then. Throws `snapshot-corrupt` if a table is not what its manifest says. Any error leaves all as it was.
   */
  hydrate(hydration: Hydration): Promise<StoreSummary>;
  /**
   * Takes a step that does not come by the stream: the cursor stays. What the stream has brought in the earlier schema may lack what the later one has, so that
   * the rows' scope is not known any more, and they have to be read anew. `byApp`: it takes one back that the server keeps; its rows are right. Throws as `apply`.
   */
  migrate(step: SchemaStep, options: { readonly byApp: boolean }): Promise<StoreSummary>;
  /**
   * Makes the tables of this schema, whatever the steps to it: what is another table now is empty, and the cursor is given up. Queued writes are told in it,
   * or refused one by one.
   */
  adopt(schema: SchemaMeta): Promise<StoreSummary>;
  /** The migrations that this database has taken, failed to take, or taken back; oldest first. */
  migrations(): Promise<readonly ClientMigration[]>;
  /** What the base rows of these tables are now: what pending changes made of them does not count [S6]. */
  tableStates(tables: readonly string[]): Promise<readonly TableState[]>;
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
