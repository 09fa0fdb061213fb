import {
  SyncError,
  assert,
  formatLsn,
  historyRowIds,
  type CreateHash,
  type Lsn,
  type Position,
  type SqlConnection,
} from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import { HISTORY_COLUMNS, type HistoryRow } from './history-row.js';
import type { HistoryTransaction } from './history-transaction.js';
import { toHistory, type HistoryBlock } from './to-history.js';
import type { CaptureSource, CapturedTransaction } from './transaction.js';

/** Where a writer of history stands: what it compares the stored state with before it moves it [H3]. */
export interface HistoryHead {
  readonly position: Position;
  readonly lastCommitLsn: Lsn;
  readonly lastEndLsn: Lsn;
}

export interface AppendOptions {
  readonly slot: string;
  /** In force where the first of them begins. */
  readonly schema: SchemaMeta;
  readonly source: CaptureSource;
  readonly from: HistoryHead;
  /** Makes the chain; default: in JavaScript. */
  readonly createHash?: CreateHash | undefined;
  /** Whole, in commit order, each with at least one change. */
  readonly transactions: readonly CapturedTransaction[];
}

export interface Appended {
  readonly head: HistoryHead;
  readonly transactions: readonly HistoryTransaction[];
  /** In force behind the last of them. */
  readonly schema: SchemaMeta;
}

/** One statement's share of rows: its parameters stay a few MB. */
const ROWS_PER_INSERT = 5_000;
/** The size of a partition, as `sync.ensure_history_partition` has it. */
const PARTITION_ROWS = 5_000_000n;

/**
 * Persists whole transactions in one Postgres transaction: the state moves by compare-and-set, then come the rows [H3]. Throws `second-writer`
 * when the state is not where `from` says; then nothing is stored.
 */
export async function appendTransactions(sql: SqlConnection, options: AppendOptions): Promise<Appended> {
  const { from, transactions } = options;
  const last = transactions.at(-1);
  if (!last) return { head: from, transactions: [], schema: options.schema };

  const blocks = placeAll(options);
  const { schema } = blocks.at(-1) as HistoryBlock;
  const rows = blocks.flatMap((block) => block.rows);
  const history = blocks.map((block) => block.transaction);
  const position = (history.at(-1) as HistoryTransaction).position;
  const head: HistoryHead = { position, lastCommitLsn: last.commitLsn, lastEndLsn: last.endLsn };
  assert(
    head.lastCommitLsn > from.lastCommitLsn,
    'a transaction at or below the last persisted one reached the append [H2]',
  );

  if (rows.length <= ROWS_PER_INSERT && samePartition(from.position.seq, position.seq)) {
    await appendInOneStatement(sql, { options: { ...options, schema }, head, rows });
  } else {
    await sql.transaction(async (tx) => appendInParts(tx, { options: { ...options, schema }, head, rows }));
  }
  return { head, transactions: history, schema };
}

function placeAll(options: AppendOptions): readonly HistoryBlock[] {
  const { from, transactions, source, createHash } = options;
  const rowId = historyRowIds(from.position.epoch);
  let after = from.position;
  let { schema } = options;
  return transactions.map((captured) => {
    const block = toHistory(captured, { schema, source, after, createHash, rowId });
    after = block.transaction.position;
    schema = block.schema;
    return block;
  });
}

interface AppendStep {
  /** `schema`: in force behind the rows. */
  readonly options: AppendOptions;
  readonly head: HistoryHead;
  readonly rows: readonly HistoryRow[];
}

const MOVE_STATE = /* sql */ `
  update sync.replication_state
  set last_seq = $5, last_chain = $6, last_commit_lsn = $7, last_end_lsn = $8, schema_version = $9, updated_at = now()
  where slot_name = $1 and epoch = $2 and last_seq = $3 and last_commit_lsn = $4`;

const LOCK_STATE = /* sql */ `
  select 1 from sync.replication_state
  where slot_name = $1 and epoch = $2 and last_seq = $3 and last_commit_lsn = $4 for update`;

const COLUMNS = Object.entries(HISTORY_COLUMNS).map(([name, type]) => ({ name: name as keyof HistoryRow, type }));
const COLUMN_NAMES = COLUMNS.map(({ name }) => `"${name}"`).join(', ');

/** `select` of all columns from arrays whose first parameter is `$<from>`. */
function rowsFrom(from: number): string {
  const arrays = COLUMNS.map((_column, index) => `$${from + index}::text[]`).join(', ');
  const casts = COLUMNS.map(({ name, type }) => `"${name}"::${type}`).join(', ');
  return `select ${casts} from unnest(${arrays}) as r (${COLUMN_NAMES})`;
}

/** The common case takes one round trip: a statement is a transaction, and it inserts nothing unless the state has moved. */
const APPEND_IN_ONE = /* sql */ `
  with moved as (${MOVE_STATE} returning 1),
  stored as (insert into sync.change_history (epoch, ${COLUMN_NAMES}) select $2::uuid, rows.* from (${rowsFrom(10)}) rows where exists (select from moved))
  select count(*) as moved from moved`;

const INSERT_ROWS = `insert into sync.change_history (epoch, ${COLUMN_NAMES}) select $1::uuid, rows.* from (${rowsFrom(2)}) rows`;

async function appendInOneStatement(sql: SqlConnection, { options, head, rows }: AppendStep): Promise<void> {
  const result = await sql.query(APPEND_IN_ONE, [...moveParams(options, head), ...columnsOf(rows)]);
  if (result.rows[0]?.['moved'] !== '1') throw secondWriter(options.slot);
}

/** Beyond one statement's share, or into another partition, which is made first. */
async function appendInParts(tx: SqlConnection, { options, head, rows }: AppendStep): Promise<void> {
  await moveHead(tx, options, head);
  await ensurePartitions(tx, options.from.position.seq + 1n, head.position.seq);
  await insertRows(tx, head.position.epoch, rows);
}

/** The compare-and-set, in the transaction that inserts the rows [H3]. */
export async function moveHead(
  tx: SqlConnection,
  options: Pick<AppendOptions, 'slot' | 'from' | 'schema'>,
  head: HistoryHead,
): Promise<void> {
  const moved = await tx.query(MOVE_STATE, moveParams(options, head));
  if (moved.rowCount !== 1) throw secondWriter(options.slot);
}

/** Proves, until the end of the transaction, that history stands where its writer thinks: before rows are inserted whose end is not known yet. */
export async function lockHead(tx: SqlConnection, slot: string, from: HistoryHead): Promise<void> {
  const { epoch, seq } = from.position;
  const locked = await tx.query(LOCK_STATE, [slot, epoch, seq.toString(), formatLsn(from.lastCommitLsn)]);
  if (locked.rows.length !== 1) throw secondWriter(slot);
}

export async function ensurePartitions(tx: SqlConnection, firstSeq: bigint, lastSeq: bigint): Promise<void> {
  for (let part = partitionOf(firstSeq); part <= partitionOf(lastSeq); part++) {
    await tx.query('select sync.ensure_history_partition($1)', [(part * PARTITION_ROWS).toString()]);
  }
}

export async function insertRows(tx: SqlConnection, epoch: string, rows: readonly HistoryRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
    await tx.query(INSERT_ROWS, [epoch, ...columnsOf(rows.slice(at, at + ROWS_PER_INSERT))]);
  }
}

function moveParams({ slot, from, schema }: Pick<AppendOptions, 'slot' | 'from' | 'schema'>, head: HistoryHead) {
  return [
    slot,
    from.position.epoch,
    from.position.seq.toString(),
    formatLsn(from.lastCommitLsn),
    head.position.seq.toString(),
    head.position.chain,
    formatLsn(head.lastCommitLsn),
    formatLsn(head.lastEndLsn),
    schema.version,
  ];
}

function columnsOf(rows: readonly HistoryRow[]) {
  return COLUMNS.map(({ name }) => rows.map((row) => row[name]));
}

function partitionOf(seq: bigint): bigint {
  return seq / PARTITION_ROWS;
}

function samePartition(before: bigint, after: bigint): boolean {
  return before > 0n && partitionOf(before) === partitionOf(after);
}

function secondWriter(slot: string): SyncError {
  return new SyncError(
    'second-writer',
    `the history of slot ${slot} was moved by another writer; this one stops and reads the state again`,
  );
}
