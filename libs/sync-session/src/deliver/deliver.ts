import { MIGRATION_TABLE, type HistoryTransaction, type MutationMark } from '@millrace/change-history';
import { must, positionToJson, type Position } from '@millrace/kernel';
import { translateReason, translateTable, type Catalogue, type SchemaStep } from '@millrace/schema-compat';
import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import { type Commit, type Fill, type ResyncCause, type ServerMessage } from '@millrace/sync-protocol';
import type { Claims } from '@millrace/sync-rules';
import { ChangesParts } from './changes-parts.js';
import { rowChanges } from './row-changes.js';
import { schemaTurn, type SchemaTurn } from './schema-turn.js';
import { translateChange } from './translate-change.js';

/** Whom a transaction is delivered to, and where that client stands. */
export interface Recipient {
  readonly catalogue: Catalogue;
  /** Schema version of its tables. */
  readonly version: string;
  /** Schema version of its app: it takes breaking steps up to there. Null: it takes no step at all in the midst of what it reads. */
  readonly app: string | null;
  readonly claims: Claims;
  readonly clientId: string;
  /** seq of the cursor that the delivery continues (I4). */
  readonly from: bigint;
  /**
   * Per table, the seq up to which the recipient's rows hold their history already: they were read there. Entries of such a table in
   * transactions that end at or below it are left out [S2]. A table that is not named holds nothing beyond `from`. Named as the recipient knows them.
   */
  readonly held?: ReadonlyMap<string, bigint>;
}

export type Delivery =
  /** begin, changes*, commit; empty when nothing of the transaction concerns this client. `chars`: about their size as JSON text. */
  | ({ readonly kind: 'messages'; readonly messages: readonly ServerMessage[]; readonly chars: number } & Standing)
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
  /** Its app cannot take the migration that comes here: it keeps its cursor, and nothing more is delivered [M3]. */
  | { readonly kind: 'stop'; readonly messages: readonly ServerMessage[] }
  /** A migration is in it, and the recipient takes none: its rows have to be read behind it. */
  | { readonly kind: 'outdated' }
  /** History cannot be continued for this client: it hydrates again [A4]. */
  | { readonly kind: 'resync'; readonly cause: ResyncCause; readonly message: string };

/** Where a delivery leaves its recipient. */
export interface Standing {
  /** Schema version of its tables. */
  readonly version: string;
  /** What follows comes in words of that version, which is not the one in force. */
  readonly translated: boolean;
  /** In force from there on, if the transaction says so. */
  readonly schema: SchemaMeta | null;
}

/** About what begin, commit and the wrapping of changes take. */
const FRAME_CHARS = 320;

/**
 * One transaction as its recipient may see it: rows by the scope filter [D3], whole [D4]. The recipient's own transaction is treated like
 * any other and carries the verdict in `commit`: that is the ack [W5]; dropping own changes would lose what triggers and merges made of them.
 */
export function deliver(transaction: HistoryTransaction, to: Recipient): Delivery {
  const turn = schemaTurn(transaction, to);
  if (turn.kind === 'stop') return { kind: 'stop', messages: [turn.change] };
  if (turn.kind === 'outdated') return turn;
  if (turn.kind === 'unknown') return schemaChanged(turn.version);
  return delivered(transaction, turn, to);
}

function delivered(transaction: HistoryTransaction, turn: SchemaTurn & { kind: 'deliver' }, to: Recipient): Delivery {
  const parts = partsOf(transaction, turn, to);
  const unfit = parts.toFill();
  if (unfit) return { kind: 'fill', ...unfit, atLeast: transaction.position.seq };
  const { version, translated, schema, aside, within } = turn;
  const standing = { version, translated, schema };
  const mutation = transaction.mutation?.clientId === to.clientId ? transaction.mutation : null;
  const isEmpty = parts.rows === 0 && mutation === null && within.length + aside.length === 0;
  if (isEmpty) return { kind: 'messages', messages: [], chars: 0, ...standing };
  const way = turn.views.at(-1)?.way ?? [];
  return {
    kind: 'messages',
    chars: parts.chars + charsOf(aside) + charsOf(within) + FRAME_CHARS,
    messages: [
      ...aside,
      { type: 'begin', from: to.from.toString(), time: transaction.commitTime },
      ...within,
      ...parts.frames().map((changes): ServerMessage => ({ type: 'changes', changes: [...changes] })),
      commit(transaction.position, mutation, way),
    ],
    ...standing,
  };
}

/** Scope is decided in the schema of each row's own position, and told in the recipient's words. */
function partsOf(transaction: HistoryTransaction, turn: SchemaTurn & { kind: 'deliver' }, to: Recipient): ChangesParts {
  const parts = new ChangesParts();
  let at = 0;
  for (const entry of transaction.entries) {
    if (entry.table === MIGRATION_TABLE) {
      at += 1;
      continue;
    }
    const { schema, way } = must(turn.views[at], 'a view for each stretch of a transaction');
    const table = findTable(schema, entry.table);
    if (!table) continue; // client_mutation rows, and whatever the schema does not list: denied [C3]
    const theirs = translateTable(table.name, way ?? []);
    if (theirs === null || isHeld(theirs, transaction, to)) continue;
    if (entry.operation === 'fill' || way === null) {
      parts.fill(theirs, entry.cause ?? (way === null ? 'schema-changed' : 'rewritten'));
      continue;
    }
    const changes = rowChanges(entry, table, to.claims);
    if (changes === 'unknown') parts.fill(theirs, 'scope-unknown');
    else for (const change of changes) translateChange(change, way).forEach((told) => parts.add(told));
  }
  return parts;
}

function charsOf(messages: readonly ServerMessage[]): number {
  return messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
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
  return [{ type: 'begin', from: from.toString(), time: null }, commit(to, null, [])];
}

function commit(position: Position, mark: MutationMark | null, way: readonly SchemaStep[]): Commit {
  return { type: 'commit', position: positionToJson(position), mutation: mark && mutationResult(mark, way) };
}

/** A mark as its client sees it; `way`: from the schema in force to the client's. */
export function mutationResult(mark: MutationMark, way: readonly SchemaStep[]): NonNullable<Commit['mutation']> {
  const { mutationId, txId, verdict, reason } = mark;
  const copied = reason && { ...reason, columns: reason.columns && [...reason.columns] };
  return { mutationId, txId, verdict, reason: copied && translateReason(copied, way) };
}

function schemaChanged(version: string): Delivery {
  const message = `history continues in schema version ${version}`;
  return { kind: 'resync', cause: 'schema-changed', message };
}
