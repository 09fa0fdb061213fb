import {
  assert,
  chainLink,
  formatLsn,
  hasColumn,
  historyRowIds,
  must,
  type CreateHash,
  type Position,
  type Row,
} from '@millrace/kernel';
import { schemaBehind } from '@millrace/schema-compat';
import { findTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { ANY_KEY, clientKey, rowKeyOf } from '@millrace/sync-rules';
import { MUTATION_TABLE, findEngineTable, mutationMarkOf } from './engine-tables.js';
import type { HistoryRow } from './history-row.js';
import type { HistoryEntry, MutationMark } from './history-transaction.js';
import { rowDelta } from './row-delta.js';
import { canonicalJson } from './row-json.js';
import type { CaptureSource, CapturedChange, CapturedTransaction } from './transaction.js';

/** All of a transaction but its changes and its end. */
export type TransactionHead = Pick<CapturedTransaction, 'xid' | 'commitLsn' | 'commitTime'>;

export interface PlacementContext {
  /** In force where the transaction begins. */
  readonly schema: SchemaMeta;
  readonly source: CaptureSource;
  /** The position that the transaction follows. */
  readonly after: Position;
  /** Makes the chain; default: in JavaScript. */
  readonly createHash?: CreateHash | undefined;
  /** Of the epoch of `after`, for callers who place many transactions. */
  readonly rowId?: (seq: bigint) => string;
}

/** Changes in both of their forms: to be inserted, still without the chain, and to be handed on. */
export interface PlacedChanges {
  readonly rows: readonly HistoryRow[];
  readonly entries: readonly HistoryEntry[];
}

/** Gives the changes of one transaction their places in history, as they come. */
export interface Placement {
  place(changes: readonly CapturedChange[]): PlacedChanges;
  /** All changes are placed: where the transaction ends, whose mutation it was, and the schema in force from there on. The chain is that of its last row. */
  end(): { readonly position: Position; readonly mutation: MutationMark | null; readonly schema: SchemaMeta };
}

export function beginPlacement(captured: TransactionHead, context: PlacementContext): Placement {
  const { after, createHash, rowId = historyRowIds(after.epoch) } = context;
  let at = context;
  const link = chainLink(after.chain, createHash);
  const [lsn, xid] = [formatLsn(captured.commitLsn), captured.xid.toString()];
  let placed = 0;
  let mutation: MutationMark | null = null;
  let identity: MutationIdentity | null = null;

  /** A mutation's row is the last of its transaction: where that comes in pieces, the changes of the earlier ones do not say whose they are. */
  const findMutation = (changes: readonly CapturedChange[]): void => {
    const row = changes.find((change) => change.table === MUTATION_TABLE)?.newRow;
    if (!row || mutation) return;
    mutation = mutationMarkOf(row);
    identity = mutationIdentity(mutation, row);
  };

  return {
    place(changes) {
      findMutation(changes);
      const first = after.seq + 1n + BigInt(placed);
      const entries: HistoryEntry[] = [];
      const rows = changes.map((change, index) => {
        // The row that says so is the first one of the new schema [M2].
        if (change.step) at = { ...at, schema: schemaBehind(at.schema, change.step) };
        const entry = entryOf(change, first + BigInt(index), at.schema);
        entries.push(entry);
        return rowOf({ lsn, xid, rowId, captured, change, context: at, identity, index: placed + index, entry });
      });
      placed += rows.length;
      if (rows.length > 0) link.add(rows.map(contentOf).join('\n'));
      return { rows, entries };
    },
    end() {
      assert(placed > 0, 'an empty transaction has no place in history');
      const position = { epoch: after.epoch, seq: after.seq + BigInt(placed), chain: link.end() };
      return { position, mutation, schema: at.schema };
    },
  };
}

interface MutationIdentity {
  readonly clientId: string;
  readonly mutationId: number;
  readonly txId: string;
  readonly sub: string | null;
}

function mutationIdentity(mark: MutationMark | null, row: Row | null): MutationIdentity | null {
  return mark && { clientId: mark.clientId, mutationId: mark.mutationId, txId: mark.txId, sub: row?.['sub'] ?? null };
}

function entryOf(change: CapturedChange, seq: bigint, schema: SchemaMeta): HistoryEntry {
  const { table, operation, newRow, oldRow } = change;
  const base = { seq, table, operation, unchangedToast: [] };
  if (operation === 'truncate') return { ...base, data: null, oldData: null, scopeOld: null, scopeNew: ANY_KEY };
  if (operation === 'fill') return fillEntry(change, seq);
  if (findEngineTable(table))
    return { ...base, data: newRow, oldData: null, scopeOld: null, scopeNew: engineScope(change) };

  const meta = must(findTable(schema, table), () => `${table} is captured, but not in the schema`);
  const scopeOld = oldRow && rowKeyOf(meta, oldRow);
  const scopeNew = newRow && rowKeyOf(meta, newRow);
  if (!newRow || !oldRow) return { ...base, data: newRow, oldData: oldRow, scopeOld, scopeNew };
  const moved = scopeOld !== scopeNew || keyMoved(meta, newRow, oldRow);
  return { ...base, ...rowDelta({ ...change, newRow, oldRow }, moved), scopeOld, scopeNew };
}

/** Everybody's rows of the table are in doubt, so that everybody finds it [D2]. */
function fillEntry({ table, cause }: CapturedChange, seq: bigint): HistoryEntry {
  const nothing = { data: null, oldData: null, scopeOld: null, unchangedToast: [] };
  return { seq, table, operation: 'fill', ...nothing, scopeNew: ANY_KEY, cause: must(cause, 'a fill without a cause') };
}

/** A client's verdicts are found by that client alone; a migration concerns everybody [D2]. */
function engineScope(change: CapturedChange): string {
  return change.table === MUTATION_TABLE
    ? clientKey(must(change.newRow?.['client_id'], 'a client_mutation row without its client'))
    : ANY_KEY;
}

function keyMoved(table: TableMeta, newRow: Row, oldRow: Row): boolean {
  return table.key.some((column) => valueOf(newRow, column) !== valueOf(oldRow, column));
}

interface RowParts {
  /** Of the transaction, as text. */
  readonly lsn: string;
  readonly xid: string;
  readonly rowId: (seq: bigint) => string;
  readonly captured: TransactionHead;
  readonly change: CapturedChange;
  readonly context: PlacementContext;
  readonly identity: MutationIdentity | null;
  readonly index: number;
  readonly entry: HistoryEntry;
}

function rowOf(parts: RowParts): HistoryRow {
  const { lsn, xid, rowId, captured, context, identity, entry } = parts;
  return {
    seq: entry.seq.toString(),
    ordinal: String(parts.index + 1),
    id: rowId(entry.seq),
    lsn,
    table_name: entry.table,
    operation: entry.operation,
    data: entry.data && canonicalJson(entry.data),
    old_data: entry.oldData && canonicalJson(entry.oldData),
    transaction_id: xid,
    schema_version: context.schema.version,
    timestamp: captured.commitTime,
    metadata: metadataOf(parts),
    client_id: identity?.clientId ?? null,
    scope_old: entry.scopeOld,
    scope_new: entry.scopeNew,
    chain: null,
  };
}

function metadataOf({ change, context, identity, entry }: RowParts): string {
  const { schema, source } = context;
  const keyColumns = findTable(schema, change.table)?.key ?? findEngineTable(change.table)?.key ?? [];
  // In name order, as everything that the chain vouches for.
  return JSON.stringify({
    ...(entry.cause && { cause: entry.cause }),
    decoder: source.decoder,
    key: keyOrNull(keyColumns, change.newRow ?? change.oldRow),
    mutationId: identity?.mutationId ?? null,
    reader: source.reader,
    recordLsn: change.recordLsn === null ? null : formatLsn(change.recordLsn),
    sub: identity?.sub ?? null,
    txId: identity?.txId ?? null,
    unchangedToast: entry.unchangedToast,
  });
}

/** The row's key as one text, as `keyText` of schema-meta has it. */
function keyOrNull(columns: readonly string[], row: Row | null): string | null {
  return row && JSON.stringify(columns.map((column) => valueOf(row, column)));
}

/** The value of a key column; null where a row does not have it. Reading alone would find `constructor` on any object. */
function valueOf(row: Row, column: string): string | null {
  return hasColumn(row, column) ? (row[column] ?? null) : null;
}

/**
 * All that is stored of a row, as four lines: what the chain vouches for. JSON has no line break of its own, so that no two rows have one text;
 * and what is JSON already is not escaped once more, since this text is made of every change.
 */
function contentOf(row: HistoryRow): string {
  const short = JSON.stringify([
    row.seq,
    row.ordinal,
    row.lsn,
    row.table_name,
    row.operation,
    row.transaction_id,
    row.schema_version,
    row.timestamp,
    row.client_id,
    row.scope_old,
    row.scope_new,
  ]);
  return `${short}\n${row.data ?? ''}\n${row.old_data ?? ''}\n${row.metadata}`;
}
