import { parseLsn, type Row } from '@millrace/kernel';
import { MUTATION_TABLE, mutationMarkOf } from './engine-tables.js';
import type { HistoryEntry, HistoryTransaction } from './history-transaction.js';
import { rowFromJson } from './row-json.js';
import type { FillCause, Operation } from './transaction.js';

/** The columns that {@link entryFromStored} and {@link transactionFromStored} read; `h` is the row, `e` its transaction's last row. */
export const STORED_ENTRY_COLUMNS = /* sql */ `
  h.seq, h.table_name, h.operation, h.data::text as data, h.old_data::text as old_data, h.scope_old, h.scope_new,
  (h.metadata -> 'unchangedToast')::text as unchanged_toast, h.metadata ->> 'cause' as cause, h.seq - h.ordinal + 1 as first_seq, h.lsn, h.schema_version,
  h."timestamp"::text as commit_time`;

export function entryFromStored(row: Row): HistoryEntry {
  return {
    seq: BigInt(row['seq'] as string),
    table: row['table_name'] as string,
    operation: row['operation'] as Operation,
    data: rowOrNull(row['data']),
    oldData: rowOrNull(row['old_data']),
    scopeOld: row['scope_old'] ?? null,
    scopeNew: row['scope_new'] ?? null,
    unchangedToast: JSON.parse(row['unchanged_toast'] ?? '[]') as string[],
    ...(row['cause'] && { cause: row['cause'] as FillCause }),
  };
}

function rowOrNull(text: string | null | undefined): Row | null {
  return text ? rowFromJson(text) : null;
}

/** Rows of one transaction, with `end_seq` and `end_chain` of its last row, as that transaction. */
export function transactionFromStored(epoch: string, rows: readonly Row[]): HistoryTransaction {
  const first = rows[0] as Row;
  const entries = rows.map(entryFromStored);
  const mutation = entries.find((entry) => entry.table === MUTATION_TABLE)?.data ?? null;
  return {
    position: { epoch, seq: BigInt(first['end_seq'] as string), chain: first['end_chain'] as string },
    firstSeq: BigInt(first['first_seq'] as string),
    commitLsn: parseLsn(first['lsn'] as string),
    commitTime: first['commit_time'] as string,
    schemaVersion: rows.at(-1)?.['schema_version'] as string,
    mutation: mutation && mutationMarkOf(mutation),
    entries,
  };
}
