import { setColumn, type CapturedChange } from '@millrace/change-history';
import { hasColumn, type Lsn } from '@millrace/kernel';
import { tableName, type SchemaMeta } from '@millrace/schema-meta';
import type { DecodedTransaction, Decoder, DecoderOptions } from '../decoder.js';
import { FILL_PREFIX, decodeFillRequest } from '../fill-request.js';
import { createOpenTransaction, refuseMessage } from '../open-transaction.js';
import { RenewSession } from '../renew.js';
import { parseMessage, type TableName, type TupleSource, type Wal2jsonMessage } from './message.js';
import { tablePlan, type TablePlan } from './table-plan.js';
import { readTuple } from './tuple.js';

type Action = 'I' | 'U' | 'D' | 'T';
type Change = CapturedChange & { readonly chars: number };

/** What a change costs to hold beside its values. JSON's own bulk is not held, and would make a transaction count for several times what it is. */
const CHANGE_BYTES = 128;
const NONE: readonly string[] = [];

export interface Wal2jsonOptions extends DecoderOptions {
  /** What Postgres was asked for; absent: everything. */
  readonly tables?: ReadonlySet<string>;
}

/** Turns the messages of `wal2json`, format 2, into transactions: each message is one JSON object. */
export function createWal2jsonDecoder({ schema, reportUnknown, tables, ...options }: Wal2jsonOptions): Decoder {
  const plans = new Map<string, TablePlan | null>();
  const transaction = createOpenTransaction({ schema, ...options });
  let planned: SchemaMeta = schema;

  const planOf = ({ schema: namespace, name }: TableName): TablePlan | null => {
    if (planned !== transaction.schema) plans.clear();
    planned = transaction.schema;
    const table = tableName(namespace, name);
    const known = plans.get(table);
    if (known !== undefined) return known;
    const plan = tablePlan(table, planned, reportUnknown);
    plans.set(table, plan);
    return plan;
  };

  const change = (action: Action, plan: TablePlan | null, rows: TupleSource): Change | null => {
    if (!plan || (plan.insertsOnly && action !== 'I') || transaction.skips(plan.table)) return null;
    return READERS[action](plan, rows);
  };

  const body = (message: Exclude<Wal2jsonMessage, { action: 'B' | 'C' }>, recordLsn: Lsn): void => {
    if (message.action === 'M') {
      if (message.prefix === FILL_PREFIX) transaction.request(decodeFillRequest(String(message.content)));
      return;
    }
    const read = change(message.action, planOf(message.table), message.rows);
    if (!read) return;
    const { chars, ...captured } = read;
    transaction.count(CHANGE_BYTES + chars);
    transaction.add({ ...captured, recordLsn });
    // A migration that came since the list was made: what it adds is not in this session's stream, and will be in the next one's.
    if (tables && planned !== transaction.schema && transaction.schema.tables.some(({ name }) => !tables.has(name)))
      throw new RenewSession('a table has joined');
  };

  const decode = (payload: Uint8Array, recordLsn: Lsn): DecodedTransaction | null => {
    const message = transaction.attempt(() => parseMessage(payload));
    return message && take(message, recordLsn);
  };

  const take = (message: Wal2jsonMessage, recordLsn: Lsn): DecodedTransaction | null => {
    if (message.action === 'C') return transaction.commit(message.lsn, message.endLsn);
    if (message.action === 'B') {
      transaction.begin({ xid: message.xid, commitLsn: message.lsn, commitTime: message.timestamp });
    } else transaction.attempt(() => body(message, recordLsn));
    return transaction.cut();
  };

  return {
    decode: (payload, recordLsn) => transaction.guard(payload, () => decode(payload, recordLsn)),
    refuse: (bytes) => transaction.guard(null, () => transaction.attempt(() => refuseMessage(bytes))),
    get openTransaction() {
      return transaction.commitLsn;
    },
  };
}

const READERS: Readonly<Record<Action, (plan: TablePlan, rows: TupleSource) => Change>> = {
  I: readInsert,
  U: readUpdate,
  D: readDelete,
  T: ({ table }) => ({ ...changeOf(table, 'truncate'), chars: 0 }),
};

function readInsert(plan: TablePlan, { columns }: TupleSource): Change {
  const { row, chars } = readTuple(columns, plan);
  return { ...changeOf(plan.table, 'insert'), newRow: row, chars };
}

/** A column that an update leaves out is unchanged TOAST; under REPLICA IDENTITY FULL the identity is the whole old row, which has the value [C4]. */
function readUpdate(plan: TablePlan, { columns, identity }: TupleSource): Change {
  const next = readTuple(columns, plan);
  const old = readTuple(identity, plan);
  const unchanged = plan.listed.filter((column) => !hasColumn(next.row, column));
  for (const column of unchanged) {
    if (hasColumn(old.row, column)) setColumn(next.row, column, old.row[column] as string | null);
  }
  return {
    ...changeOf(plan.table, 'update'),
    newRow: next.row,
    oldRow: old.row,
    unchangedToast: unchanged.length === 0 ? NONE : unchanged,
    chars: next.chars + old.chars,
  };
}

function readDelete(plan: TablePlan, { identity }: TupleSource): Change {
  const { row, chars } = readTuple(identity, plan);
  return { ...changeOf(plan.table, 'delete'), oldRow: row, chars };
}

function changeOf(table: string, operation: CapturedChange['operation']): CapturedChange {
  return { table, operation, newRow: null, oldRow: null, unchangedToast: NONE, recordLsn: null };
}
