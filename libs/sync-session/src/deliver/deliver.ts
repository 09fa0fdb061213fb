import { MIGRATION_TABLE, type HistoryTransaction, type MutationMark } from '@millrace/change-history';
import { positionToJson, type Position } from '@millrace/kernel';
import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import { LIMITS, type Commit, type ResyncCause, type RowChange, type ServerMessage } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { rowChanges } from './row-changes.js';

/** Whom a transaction is delivered to, and where that client stands. */
export interface Recipient {
  readonly schema: SchemaMeta;
  readonly claims: Claims;
  readonly clientId: string;
  /** seq of the cursor that the delivery continues (I4). */
  readonly from: bigint;
}

export type Delivery =
  /** begin, changes*, commit; empty when nothing of the transaction concerns this client. `chars`: about their size as JSON text. */
  | { readonly kind: 'messages'; readonly messages: readonly ServerMessage[]; readonly chars: number }
  /** It cannot be delivered as a transaction: the client hydrates again [A4]. */
  | { readonly kind: 'resync'; readonly cause: ResyncCause; readonly message: string };

/** About what begin, commit and the wrapping of changes take. */
const FRAME_CHARS = 320;

/**
 * One transaction as its recipient may see it: rows by the scope filter [D3], whole [D4]. The recipient's own transaction is treated like
 * any other and carries the verdict in `commit`: that is the ack [W5]; dropping own changes would lose what triggers and merges made of them.
 */
export function deliver(transaction: HistoryTransaction, to: Recipient): Delivery {
  if (transaction.schemaVersion !== to.schema.version) return schemaChanged(transaction);
  const parts = new ChangesParts();
  for (const entry of transaction.entries) {
    if (entry.table === MIGRATION_TABLE) return schemaChanged(transaction);
    const table = findTable(to.schema, entry.table);
    if (!table) continue; // client_mutation rows, and whatever the schema does not list: denied [C3]
    const changes = rowChanges(entry, table, to.claims);
    if (changes === 'unknown')
      return resync('scope-unknown', `a change of ${table.name} does not carry all values that its scope or row needs`);
    changes.forEach((change) => parts.add(change));
    if (parts.tooLarge()) return resync('transaction-too-large', 'a transaction is larger than may be streamed');
  }
  const mutation = transaction.mutation?.clientId === to.clientId ? transaction.mutation : null;
  if (parts.rows === 0 && mutation === null) return { kind: 'messages', messages: [], chars: 0 };
  return {
    kind: 'messages',
    chars: parts.chars + FRAME_CHARS,
    messages: [
      { type: 'begin', from: to.from.toString(), time: transaction.commitTime },
      ...parts.frames().map((changes): ServerMessage => ({ type: 'changes', changes: [...changes] })),
      commit(transaction.position, mutation),
    ],
  };
}

/** Moves a cursor over history that does not concern the client. */
export function cursorMove(from: bigint, to: Position): readonly ServerMessage[] {
  return [{ type: 'begin', from: from.toString(), time: null }, commit(to, null)];
}

function commit(position: Position, mark: MutationMark | null): Commit {
  return { type: 'commit', position: positionToJson(position), mutation: mark && mutationResult(mark) };
}

/** A mark as its client sees it. */
export function mutationResult(mark: MutationMark): NonNullable<Commit['mutation']> {
  const { mutationId, txId, verdict, reason } = mark;
  return { mutationId, txId, verdict, reason: reason && { ...reason, columns: reason.columns && [...reason.columns] } };
}

function schemaChanged(transaction: HistoryTransaction): Delivery {
  return resync('schema-changed', `history continues in schema version ${transaction.schemaVersion}`);
}

function resync(cause: ResyncCause, message: string): Delivery {
  return { kind: 'resync', cause, message };
}

/** Cuts a transaction's changes into frames near the size of one message, so that no frame has to be cut later. */
class ChangesParts {
  rows = 0;
  chars = 0;
  private room = 0;
  private readonly parts: RowChange[][] = [];

  add(change: RowChange): void {
    const size = JSON.stringify(change).length + 1;
    this.rows += 1;
    this.chars += size;
    if (size > this.room) {
      this.parts.push([]);
      this.room = LIMITS.serverMessageChars;
    }
    this.parts.at(-1)?.push(change);
    this.room -= size;
  }

  tooLarge(): boolean {
    return this.rows > LIMITS.transactionRows || this.chars > LIMITS.transactionChars;
  }

  frames(): readonly (readonly RowChange[])[] {
    return this.parts;
  }
}
