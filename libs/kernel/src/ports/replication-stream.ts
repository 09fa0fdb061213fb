import type { Lsn } from '../lsn.js';

/** One message of Postgres' streaming replication protocol. */
export type ReplicationMessage =
  | { readonly kind: 'data'; readonly walStart: Lsn; readonly walEnd: Lsn; readonly payload: Uint8Array }
  | { readonly kind: 'keepalive'; readonly walEnd: Lsn; readonly replyRequested: boolean };

export interface ReplicationStreamOptions {
  readonly slot: string;
  /** Where to begin; `0/0` lets the slot's confirmed position decide. */
  readonly startLsn: Lsn;
  /** Options of the output plug-in, e.g. `proto_version`. */
  readonly pluginOptions: Readonly<Record<string, string>>;
}

/**
 * An open START_REPLICATION session. Reading is pull-based: while nobody awaits the next message, the socket is not read and Postgres
 * waits [C5].
 */
export interface ReplicationStream {
  /** Ends when closed; throws `database-unavailable`, `slot-busy`, `slot-missing` or `slot-lost` when Postgres ends it. A payload is owned by the reader. */
  messages(): AsyncIterable<ReplicationMessage>;
  /** Standby status: everything up to `flushed` is durable on our side. Never throws; a dead socket shows up in `messages()`. */
  sendStatus(flushed: Lsn): void;
  close(): Promise<void>;
}

export type OpenReplicationStream = (options: ReplicationStreamOptions) => Promise<ReplicationStream>;
