import type { HistoryPage, HistoryTransaction, MutationMark } from '@millrace/change-history';
import type { ErrorCode, Position } from '@millrace/kernel';
import type { ClientVersions } from '@millrace/schema-compat';
import type { Checkpoint, Hello, Received, ResyncCause } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';

/** What a page request came to: a page, or why the cursor cannot be continued [A4]. */
export type PullResult =
  /** `complete`: the page reaches the head as it was when the page was read. */
  | { readonly kind: 'page'; readonly page: HistoryPage; readonly complete: boolean }
  | { readonly kind: 'cursor-unknown' }
  | { readonly kind: 'below-horizon' }
  | { readonly kind: 'epoch-changed' }
  /** These tables stand in the way of the transaction that ends at `position` [D4]. */
  | { readonly kind: 'transaction-too-large'; readonly position: Position; readonly tables: readonly string[] };

/** A push of the ReplicationDO [D1]. `from` null: only a doorbell. */
export interface Push {
  readonly from: Position | null;
  readonly to: Position;
  readonly transactions: readonly HistoryTransaction[];
}

export type SessionEvent =
  /** First frame. */
  | { readonly kind: 'hello'; readonly hello: Hello }
  /**
   * The answer to `register`. `verdicts`: this client's mutations after `afterMutation` whose row lies at or below its cursor [W5]; `schemaVersion`: in force
   * right behind its cursor [M2]; null: the cursor is of no history that is known.
   */
  | {
      readonly kind: 'registered';
      readonly head: Position;
      readonly verdicts: readonly MutationMark[];
      readonly schemaVersion: string | null;
    }
  | { readonly kind: 'register-failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'push'; readonly push: Push }
  /** The answer to `pull`. */
  | { readonly kind: 'pulled'; readonly result: PullResult }
  | { readonly kind: 'pull-failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'received'; readonly received: Received }
  /** An `auth` frame whose token the shell has verified. */
  | { readonly kind: 'auth'; readonly sub: string; readonly claims: Claims; readonly expiresAt: number }
  /** A `verify` frame. */
  | { readonly kind: 'verify' }
  /** The answer to `checkpoint-wanted`. */
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'checkpoint-failed'; readonly asked: boolean; readonly code: ErrorCode; readonly message: string }
  /** A frame, or an `auth` token, that was refused before it got here. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** The alarm: token expiry, retry and sweep share it [D5]. */
  | { readonly kind: 'alarm' }
  /** The session was just restored from its attachment. */
  | { readonly kind: 'woken' }
  /** A newer socket of this client has said `hello`. */
  | { readonly kind: 'replaced' }
  /** The socket is gone. */
  | { readonly kind: 'closed' };

export type SessionEffect =
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  /** Dispatch `replaced` to every other session of this client. */
  | { readonly kind: 'replace-older' }
  /** Register with the ReplicationDO first, then read the verdicts up to `cursor`, then answer with `registered` or `register-failed` (F42). */
  | {
      readonly kind: 'register';
      readonly clientId: string;
      readonly sub: string;
      readonly rowKeys: readonly string[];
      readonly cursor: Position;
      readonly afterMutation: number;
    }
  | { readonly kind: 'unregister'; readonly clientId: string }
  /** Read a page after the cursor; answer with `pulled` or `pull-failed`. */
  | { readonly kind: 'pull'; readonly after: Position; readonly rowKeys: readonly string[] }
  /** Answers every push that waits. Null: there is no session here any more. */
  | { readonly kind: 'answer'; readonly cursor: Position | null }
  /** Set the one alarm to this time (ms since 1970), or to an earlier one that another session of the object needs. */
  | { readonly kind: 'schedule'; readonly at: number }
  /** Have the tables in scope hashed; answer with `checkpoint` or `checkpoint-failed`. `asked`: by the client, which wants to know how they are now [S6]. */
  | { readonly kind: 'checkpoint-wanted'; readonly asked: boolean }
  /** What became of this client: for its instance state, counters and logs (I12). */
  | { readonly kind: 'note'; readonly note: SessionNote };

/** A turn in a client's life. */
export type SessionNote =
  /** It said where it stands, and which schemas its tables and its app have. */
  | { readonly kind: 'hello'; readonly position: Position; readonly versions: ClientVersions }
  /** Its tables have become those of another version, or its app cannot take a migration. */
  | { readonly kind: 'schema'; readonly versions: ClientVersions; readonly halted: boolean }
  /** Its position is part of this history: it is delivered to from there. */
  | { readonly kind: 'live'; readonly position: Position }
  | { readonly kind: 'resync'; readonly cause: ResyncCause; readonly message: string }
  | { readonly kind: 'fill'; readonly cause: ResyncCause; readonly tables: readonly string[]; readonly atLeast: bigint }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
  /** Its session is over; `position`: the end of what was sent, null before `hello`. */
  | { readonly kind: 'closed'; readonly position: Position | null };
