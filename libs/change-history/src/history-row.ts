/** A row of `change_history` as it is inserted: everything Postgres text. */
export interface HistoryRow {
  readonly seq: string;
  readonly ordinal: string;
  readonly id: string;
  readonly lsn: string;
  readonly table_name: string;
  readonly operation: string;
  readonly data: string | null;
  readonly old_data: string | null;
  readonly transaction_id: string;
  readonly schema_version: string;
  readonly timestamp: string;
  readonly metadata: string;
  readonly client_id: string | null;
  readonly scope_old: string | null;
  readonly scope_new: string | null;
  /** On a transaction's last row only; set when the transaction ends. */
  chain: string | null;
}

/** The columns with their types, in the order of the insert. */
export const HISTORY_COLUMNS = {
  seq: 'bigint',
  ordinal: 'integer',
  id: 'uuid',
  lsn: 'text',
  table_name: 'text',
  operation: 'text',
  data: 'jsonb',
  old_data: 'jsonb',
  transaction_id: 'text',
  schema_version: 'text',
  timestamp: 'timestamptz',
  metadata: 'jsonb',
  client_id: 'text',
  scope_old: 'text',
  scope_new: 'text',
  chain: 'text',
} as const satisfies Record<keyof HistoryRow, string>;
