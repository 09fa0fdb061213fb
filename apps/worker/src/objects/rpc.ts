import type { HistoryPage, MutationMark, PageResult, RecordedCatalogue } from '@millrace/change-history';
import type { InstanceEvent, InstanceState } from '@millrace/hydration';
import type { Position, Row } from '@millrace/kernel';
import type { ClientVersions } from '@millrace/schema-compat';
import type { PushOutcome } from '@millrace/mutations';
import type { Registration } from '@millrace/replication';
import type { AdminStatus, Checkpoint, PushRequest, ResyncCause, SnapshotAnswer } from '@millrace/sync-protocol';
import type { Claims, Principal } from '@millrace/sync-rules';
import type { Push } from '@millrace/sync-session';
import type { Answer } from '../answer.js';

/** The methods by which Worker and Durable Objects call each other. Types alone: who calls does not load who is called. */

/** The one writer of history, and the one that tells the instances. */
export interface ReplicationRpc extends Rpc.DurableObjectBranded {
  /** Begins capture if it does not run yet; resolves with the head of history. */
  wake(): Promise<Answer<Position>>;
  register(request: RegisterRequest): Promise<Answer<Position>>;
  /** Without effect unless `socketId` is the registration in force: a late call of an older socket must not silence a newer one. */
  unregister(clientId: string, socketId: string): Promise<void>;
  /** Its steps up to the head of history; null: they are as many as the caller knows. Begins capture if it does not run. */
  catalogue(known: number | null): Promise<Answer<RecordedCatalogue | null>>;
  /** What touches these row keys after a cursor: from memory, or where in history to read up to [H5]. */
  recent(after: Position, rowKeys: readonly string[]): Promise<Answer<RecentHistory>>;
  /** Resolves when everything up to this WAL address is persisted and visible, with the head of history then [S2]. */
  waitFor(lsn: string): Promise<Answer<Position>>;
  /** We have just committed: look now rather than at the next tick. */
  nudge(): Promise<void>;
  /** Counts by cause and table (I12). */
  counted(incident: Incident): Promise<void>;
  /** What the dashboard shows of a client; null: it is forgotten. */
  instanceChanged(clientId: string, sub: string, state: InstanceState | null): Promise<void>;
  status(): Promise<Answer<AdminStatus>>;
  /** How capture does, from memory: asking wakes neither it nor Postgres [Z1]. */
  health(): Promise<Answer<CaptureHealth>>;
  /** A random secret, made when first asked for and kept: for snapshot keys where no setting gives one. */
  snapshotSecret(): Promise<Answer<string>>;
}

export interface CaptureHealth {
  readonly state: AdminStatus['capture']['state'];
  /** ISO time; null: it works, or rests. */
  readonly failingSince: string | null;
}

export interface RegisterRequest extends Registration {
  readonly cursor: Position;
  /** The socket that registers: one client's registrations are told apart by it. */
  readonly socketId: string;
}

/** A client that had to load again: told so by its session, or loading (`ordered`) for whatever reason it has itself. `tables` null: all. */
export interface Incident {
  readonly kind: 'resync' | 'fill' | 'ordered';
  readonly cause: ResyncCause;
  readonly tables: readonly string[] | null;
}

export type RecentHistory =
  | { readonly kind: 'page'; readonly page: HistoryPage }
  /** The tail does not hold the cursor. */
  | { readonly kind: 'history'; readonly upTo: Position };

/** One client's bridge: the session reducer decides, this shell performs. */
export interface SyncRpc extends Rpc.DurableObjectBranded {
  /** Resolves with the cursor once the push has been taken in, or null if nobody is connected [D1]. */
  push(push: Push): Promise<Answer<Position | null>>;
  /**
   * Something has happened to this client outside its session: routes tell of `snapshot-ordered`, `snapshot-ready` (once for each manifest that is
   * handed out) and `chunk-served`. `sub`: whose it is, as the route has checked. Never fails a caller.
   */
  noted(clientId: string, sub: string, event: InstanceEvent): Promise<void>;
  /** Schema version of the client's app, as its last `hello` had it; null before the first one. */
  appVersion(): Promise<string | null>;
}

/**
 * Holds two connections for the clients of its shard: writes on one, pages on the other, so that a reader that catches up never waits
 * behind a write that waits for a lock [W3].
 */
export interface GatewayRpc extends Rpc.DurableObjectBranded {
  register(clientId: string, principal: Principal): Promise<Answer<{ epoch: string }>>;
  /** Answers `unknown-client` unless the client id is bound to `sub` (X7). */
  checkOwner(clientId: string, sub: string): Promise<Answer<null>>;
  push(request: PushRequest, principal: Principal): Promise<Answer<PushOutcome>>;
  /** `held`: per table, the seq up to which the reader's rows hold its history already. */
  page(
    after: Position,
    upTo: Position,
    rowKeys: readonly string[],
    held?: Readonly<Record<string, string>>,
  ): Promise<Answer<PageResult>>;
  verdicts(clientId: string, afterMutation: number, upTo: Position): Promise<Answer<Verdicts>>;
  /** Keeps which schemas the client's tables and its app have. */
  saveVersions(clientId: string, versions: ClientVersions): Promise<Answer<null>>;
  /** Keeps where an instance stands, for people and for what comes after us; null: it is forgotten. */
  saveInstance(clientId: string, state: InstanceState | null): Promise<Answer<null>>;
  devUsers(): Promise<Answer<readonly Row[]>>;
  /** Whether somebody waits to change one of these tables: asked by who reads them, and would not see it [S1]. */
  tablesWanted(tables: readonly string[]): Promise<Answer<boolean>>;
}

/** A client's verdicts up to a position, and the schema version in force right behind it; null: it is of no history that is known. */
export interface Verdicts {
  readonly marks: readonly MutationMark[];
  readonly schemaVersion: string | null;
}

/** Named by a snapshot key: one for all callers who see the same rows in the same words. */
export interface SnapshotRpc extends Rpc.DurableObjectBranded {
  /** The rows in scope: at once if they are at hand, else as soon as they are read; `building` where that takes longer than about a second. */
  order(order: SnapshotOrder): Promise<Answer<SnapshotAnswer>>;
  /**
   * Count and hash of every table in scope at one position [S6]. One that is not older than `maxAgeMs` is used again: 5 s for somebody who asks, an
   * hour for what is sent unasked. Equal calls share one reading.
   */
  checksums(order: ChecksumOrder): Promise<Answer<Checkpoint>>;
}

/** Whose rows. The Worker, or the SyncDO, has verified the claims and named the object by them. */
export interface ScopeOrder {
  /** Its own key: the object cannot read its name back. */
  readonly key: string;
  /** Only those that the rules name. */
  readonly claims: Claims;
  /** In force: what is read is of this version. */
  readonly schemaVersion: string;
}

export interface SnapshotOrder extends ScopeOrder {
  /** The version in whose words the rows are told. */
  readonly told: string;
  readonly scope: string;
  readonly rulesVersion: string;
  /** Null: all. */
  readonly tables: readonly string[] | null;
  /** Digests of the columns that the client loads binary rows into, by table. */
  readonly layouts: Readonly<Record<string, string>>;
  /** seq that the rows must hold, as text. */
  readonly atLeast: string;
  /** Ids of builds that will not do. */
  readonly not: readonly string[];
}

export interface ChecksumOrder extends ScopeOrder {
  readonly maxAgeMs: number;
}

/** Set on the upgrade by the Worker after it has verified the token; it builds the request anew, so that a caller cannot set it. */
export const PRINCIPAL_HEADER = 'x-millrace-principal';
