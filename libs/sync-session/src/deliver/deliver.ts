import { MIGRATION_TABLE, type HistoryTransaction, type MutationMark } from '@millrace/change-history';
import { positionToJson, type Position } from '@millrace/kernel';
import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import { type Commit, type Fill, type ResyncCause, type ServerMessage } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { ChangesParts } from './changes-parts.js';
import { rowChanges } from './row-changes.js';

/** Whom a transaction is delivered to, and where that client stands. */
export interface Recipient {
  readonly schema: SchemaMeta;
  readonly claims: Claims;
  readonly clientId: string;
  /** seq of the cursor that the delivery continues (I4). */
  readonly from: bigint;
  /**
   * Per table, the seq up to which the recipient's rows hold their history already: they were read there. Entries of such a table in
   * transactions that end at or below it are left out [S2]. A table that is not named holds nothing beyond `from`.
   */
  readonly held?: ReadonlyMap<string, bigint>;
}

export type Delivery =
  /** begin, changes*, commit; empty when nothing of the transaction concerns this client. `chars`: about their size as JSON text. */
  | { readonly kind: 'messages'; readonly messages: readonly ServerMessage[]; readonly chars: number }
  /**
   * It cannot be delivered as a transaction. A client that has read these tables at or above `atLeast` (the transaction's end) can take it: what
   * is left of it once they are `held` is deliverable [S4].
   */
  | {
      readonly kind: 'fill';
      readonly tables: readonly string[];
      readonly cause: ResyncCause;
      readonly atLeast: bigint;
    }
  /** History cannot be continued for this client: it hydrates again [A4]. */
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
    if (isHeld(table.name, transaction, to)) continue;
    if (entry.operation === 'fill') {
      parts.fill(table.name, entry.cause ?? 'rewritten');
      continue;
    }
    const changes = rowChanges(entry, table, to.claims);
    if (changes === 'unknown') parts.fill(table.name, 'scope-unknown');
    else changes.forEach((change) => parts.add(change));
  }
  const unfit = parts.toFill();
  if (unfit) return { kind: 'fill', ...unfit, atLeast: transaction.position.seq };
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

/** The rows were read at a transaction's end: they hold the whole transaction or nothing of it. */
function isHeld(table: string, { position }: HistoryTransaction, { held }: Recipient): boolean {
  const upTo = held?.get(table);
  return upTo !== undefined && position.seq <= upTo;
}

/** The frame that ends a delivery which needs other means [S4]. */
export function fillFrame({ tables, cause, atLeast }: Omit<Delivery & { kind: 'fill' }, 'kind'>): Fill {
  return { type: 'fill', tables: [...tables], cause, atLeast: atLeast.toString() };
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
  const message = `history continues in schema version ${transaction.schemaVersion}`;
  return { kind: 'resync', cause: 'schema-changed', message };
}
