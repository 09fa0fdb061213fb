import { parseLsn, type Position, type Row, type SqlConnection } from '@millrace/kernel';
import type { HistoryPage, HistoryTransaction } from './history-transaction.js';
import { STORED_ENTRY_COLUMNS, transactionFromStored } from './stored-entry.js';
import { groupByTransaction } from './transaction-groups.js';

/** Changes after which a range ends with the transaction that holds them. */
const RANGE_ENTRIES = 5_000n;
/** Changes, or bytes as they are stored, above which a transaction is told of without its entries (I11). */
const LOADED_ENTRIES = 20_000n;
const LOADED_BYTES = 8n * 1024n * 1024n;

/** The transaction in which a change lies. */
const ENCLOSING_SQL = /* sql */ `
  select e.seq as end_seq, e.chain as end_chain, e.seq - e.ordinal + 1 as first_seq, e.lsn, e.schema_version, e."timestamp"::text as commit_time,
    (select sum(pg_column_size(h.data) + coalesce(pg_column_size(h.old_data), 0)) from sync.change_history h
     where h.epoch = $1 and h.seq > e.seq - e.ordinal and h.seq <= e.seq) as bytes
  from sync.change_history e where e.epoch = $1 and e.seq >= $2 and e.chain is not null order by e.seq limit 1`;

export const RANGE_SQL = /* sql */ `
  select ${STORED_ENTRY_COLUMNS}, e.seq as end_seq, e.chain as end_chain
  from sync.change_history h cross join lateral (
    select seq, chain from sync.change_history
    where epoch = $1 and seq >= h.seq and chain is not null order by seq limit 1) e
  where h.epoch = $1 and h.seq > $2 and h.seq <= $3
  order by h.seq`;

/**
 * All transactions after a position, whole and for everybody, up to `upTo` or about {@link RANGE_ENTRIES} changes: what its writer hands on when it finds
 * that it has persisted more than it announced. Both positions must be ends of transactions of one epoch. A very large one comes alone and unloaded.
 */
export async function readRange(sql: SqlConnection, after: Position, upTo: Position): Promise<HistoryPage> {
  const { epoch } = upTo;
  if (after.seq >= upTo.seq) return { from: after, to: after, transactions: [] };
  const wanted = after.seq + RANGE_ENTRIES < upTo.seq ? after.seq + RANGE_ENTRIES : upTo.seq;
  const last = (await sql.query(ENCLOSING_SQL, [epoch, wanted.toString()])).rows[0];
  if (!last) return { from: after, to: after, transactions: [] };
  const firstSeq = seqOf(last, 'first_seq');
  if (!isLarge(last)) return loaded(sql, after, seqOf(last, 'end_seq'));
  if (firstSeq > after.seq + 1n) return loaded(sql, after, firstSeq - 1n);
  const transaction = unloaded(epoch, last);
  return { from: after, to: transaction.position, transactions: [transaction] };
}

function isLarge(row: Row): boolean {
  const entries = seqOf(row, 'end_seq') - seqOf(row, 'first_seq') + 1n;
  return entries > LOADED_ENTRIES || BigInt(row['bytes'] ?? '0') > LOADED_BYTES;
}

async function loaded(sql: SqlConnection, after: Position, endSeq: bigint): Promise<HistoryPage> {
  const { rows } = await sql.query(RANGE_SQL, [after.epoch, after.seq.toString(), endSeq.toString()]);
  const transactions = groupByTransaction(rows).map((group) => transactionFromStored(after.epoch, group));
  return { from: after, to: transactions.at(-1)?.position ?? after, transactions };
}

/** Whom it touches would be another scan of all of it: everybody looks. */
function unloaded(epoch: string, row: Row): HistoryTransaction {
  return {
    position: { epoch, seq: seqOf(row, 'end_seq'), chain: row['end_chain'] as string },
    firstSeq: seqOf(row, 'first_seq'),
    commitLsn: parseLsn(row['lsn'] as string),
    commitTime: row['commit_time'] as string,
    schemaVersion: row['schema_version'] as string,
    mutation: null,
    entries: [],
    unloaded: { rowKeys: null },
  };
}

function seqOf(row: Row, column: string): bigint {
  return BigInt(row[column] as string);
}
