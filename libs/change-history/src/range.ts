import type { Position, SqlConnection } from '@millrace/kernel';
import type { HistoryPage } from './history-transaction.js';
import { STORED_ENTRY_COLUMNS, transactionFromStored } from './stored-entry.js';
import { groupByTransaction } from './transaction-groups.js';

/** Changes after which a range ends with the transaction that holds them. */
const RANGE_ENTRIES = 5_000n;

export const RANGE_SQL = /* sql */ `
  with stop as (
    select coalesce((select seq from sync.change_history where epoch = $1 and seq >= $3 and chain is not null order by seq limit 1), $3) as seq
  )
  select ${STORED_ENTRY_COLUMNS}, e.seq as end_seq, e.chain as end_chain
  from stop cross join sync.change_history h cross join lateral (
    select seq, chain from sync.change_history
    where epoch = $1 and seq >= h.seq and chain is not null order by seq limit 1) e
  where h.epoch = $1 and h.seq > $2 and h.seq <= stop.seq
  order by h.seq`;

/**
 * All transactions after a position, whole and for everybody, up to `upTo` or about {@link RANGE_ENTRIES} changes: what its writer hands on when it finds
 * that it has persisted more than it announced. Both positions must be ends of transactions of one epoch.
 */
export async function readRange(sql: SqlConnection, after: Position, upTo: Position): Promise<HistoryPage> {
  const wanted = after.seq + RANGE_ENTRIES < upTo.seq ? after.seq + RANGE_ENTRIES : upTo.seq;
  const { rows } = await sql.query(RANGE_SQL, [upTo.epoch, after.seq.toString(), wanted.toString()]);
  const transactions = groupByTransaction(rows).map((group) => transactionFromStored(upTo.epoch, group));
  return { from: after, to: transactions.at(-1)?.position ?? after, transactions };
}
