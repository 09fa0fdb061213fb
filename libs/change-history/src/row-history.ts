import { assert, type Position, type SqlConnection } from '@millrace/kernel';
import { keyText, type TableMeta } from '@millrace/schema-meta';
import type { Row } from '@millrace/kernel';
import type { HistoryEntry } from './history-transaction.js';
import { STORED_ENTRY_COLUMNS, entryFromStored } from './stored-entry.js';

export interface RowHistoryRequest {
  readonly table: TableMeta;
  /** The key columns with their values. */
  readonly key: Row;
  readonly upTo: Position;
  /** Versions at most, newest first; 1 to 1,000. */
  readonly limit: number;
}

/** One version of a row, with what is known of the commit that made it. */
export interface RowVersion {
  readonly entry: HistoryEntry;
  readonly epoch: string;
  readonly commitTime: string;
  readonly clientId: string | null;
}

export const ROW_HISTORY_SQL = /* sql */ `
  select ${STORED_ENTRY_COLUMNS}, h.epoch, h.client_id from sync.change_history h
  where h.table_name = $1 and h.metadata ->> 'key' = $2 and h.seq <= $3
  order by h.seq desc limit $4`;

/** The versions of one row, newest first. Each carries its scope: who asks must have had it in scope then. */
export async function rowHistory(
  sql: SqlConnection,
  { table, key, upTo, limit }: RowHistoryRequest,
): Promise<readonly RowVersion[]> {
  assert(limit >= 1 && limit <= 1_000, 'row history is read 1 to 1,000 versions at a time');
  const { rows } = await sql.query(ROW_HISTORY_SQL, [
    table.name,
    keyText(table, key),
    upTo.seq.toString(),
    String(limit),
  ]);
  return rows.map((row) => ({
    entry: entryFromStored(row),
    epoch: row['epoch'] as string,
    commitTime: row['commit_time'] as string,
    clientId: row['client_id'] ?? null,
  }));
}
