import type { HistoryTransaction, RecordedCatalogue } from '@millrace/change-history';
import type {
  Clock,
  CreateHash,
  Logger,
  Lsn,
  OpenReplicationStream,
  Position,
  Random,
  SqlSession,
} from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ConfirmedStore } from './confirmed-store.js';
import type { CaptureStatus } from './health.js';
import type { DecoderName } from './output-plugin.js';
import type { EpochCause } from './slot/continuity.js';

export interface CaptureOptions {
  /** In force in a database whose catalogue of migrations is empty. */
  readonly schema: SchemaMeta;
  /** Default `millrace`. */
  readonly slot?: string;
  /** Default `millrace`. */
  readonly publication?: string;
  /** Default `pgoutput`. Another one than the slot was made with begins a new epoch: a slot belongs to its output plug-in. */
  readonly decoder?: DecoderName;
  readonly reader: 'stream' | 'poll';
  /** Between polls of an idle database, ms (default 1,000). */
  readonly pollMs?: number;
  /** How often the slot follows WAL that holds nothing of ours, ms (default 10,000). */
  readonly idleConfirmMs?: number;
  /** Age at which {@link Capture.tick} renews an open stream, ms (default 5 min): hosts end an I/O that lasts too long, at a moment of their own choice [C7]. */
  readonly renewMs?: number;
  /** How often {@link Capture.tick} looks whether synced tables were altered or have joined, ms (default 60,000) [M4]. */
  readonly catalogMs?: number;
  /** Opens a session; one is held by `stream`, two by `poll` [Z2]. */
  readonly openSql: () => Promise<SqlSession>;
  readonly openStream: OpenReplicationStream;
  readonly store: ConfirmedStore;
  readonly clock: Clock;
  /** Makes the chain. Default: in JavaScript; a host's own is several times as fast. */
  readonly createHash?: CreateHash;
  readonly random: Random;
  readonly logger: Logger;
}

/** All transactions in (from, to], whole and in order; calls follow one another without gaps within an epoch [D1]. */
export type PersistedListener = (transactions: readonly HistoryTransaction[], from: Position, to: Position) => void;

/** A new history has begun: nothing before it can be continued [E2]. */
export interface EpochEvent {
  readonly cause: EpochCause;
  /** Where it starts. */
  readonly head: Position;
}
export type EpochListener = (event: EpochEvent) => void;

/** Reads the WAL of one database into its history. */
export interface Capture {
  /**
   * Begins to capture, and goes on by itself through every failure until {@link stop}. Safe to repeat. `rested`: nobody was there until now, so that
   * what was committed before is not late.
   */
  start(options?: { readonly rested?: boolean }): void;
  /**
   * Resolves when everything that is in the WAL now is persisted, and the slot has followed, so that Postgres retains nothing of it. Rejects, with
   * `closed` for one, when capture does not run as it should.
   */
  settle(): Promise<void>;
  /** Ends all connections; resolves when they are closed. */
  stop(): Promise<void>;
  /** For the alarm: starts a loop that has died, ends a wait, renews what has become old. Never throws [C7]. */
  tick(): void;
  /** Something was committed: look now rather than at the next poll. */
  nudge(): void;
  status(): CaptureStatus;
  /** The end of what may be served [H5]; null until continuity has been proven. */
  head(): Position | null;
  /** The steps up to the head, oldest first: the last one names the schema in force there [M2]. Null as {@link head} is. */
  catalogue(): RecordedCatalogue | null;
  /** Resolves, with the head then, when everything that commits at or below `lsn` is persisted and visible. Rejects with `closed` on `stop()` or abort. */
  waitFor(lsn: Lsn, signal?: AbortSignal): Promise<Position>;
  /** The returned function ends the subscription. Listeners must not throw. */
  onPersisted(listener: PersistedListener): () => void;
  onEpoch(listener: EpochListener): () => void;
}
