import { must, type Row } from '@millrace/kernel';
import type { TableMeta } from '@millrace/schema-meta';
import { decodeValue, mutationResultSchema, type MutationResult } from '@millrace/sync-protocol';
import type { PendingChange, PendingMutation } from '../core/pending-mutation.js';
import { rowOfJson, type TextSql } from './text-sql.js';

const CHANGE_COLUMNS = 'c.tx_id, c.table_name, c.operation, c.key, c.set, c.old, c.version, c.local';

/** The whole outbox, or its first unanswered mutations; in their order. */
export async function readPending(sql: TextSql, firstUnsent?: number): Promise<readonly PendingMutation[]> {
  const some = firstUnsent === undefined ? '' : `where answer is null order by mutation_id limit ${firstUnsent}`;
  const { rows } = await sql.query(
    `select ${CHANGE_COLUMNS}, m.tx_id, m.mutation_id, m.answer
     from (select tx_id, mutation_id, answer from sync.client_mutation ${some}) m left join sync.client_changes c using (tx_id)
     order by m.mutation_id, c.seq`,
  );
  return [...Map.groupBy(rows, (row) => text(row, 'tx_id')).values()].map((changes) => mutationOf(changes));
}

/** From its rows, one per change; a single one without a change if it has none. */
function mutationOf(rows: readonly Row[]): PendingMutation {
  const row = must(rows[0], 'a mutation has a row');
  return {
    mutationId: Number(text(row, 'mutation_id')),
    txId: text(row, 'tx_id'),
    answer: answerOf(row),
    changes: rows.filter((each) => each['table_name'] !== null).map(changeOf),
  };
}

/** The pending changes that touch one of these rows, in the order in which they were made. */
export async function changesTouching(
  sql: TextSql,
  table: TableMeta,
  keys: readonly string[],
): Promise<readonly PendingChange[]> {
  const { rows } = await sql.query(
    `select ${CHANGE_COLUMNS} from sync.client_changes c
     where c.table_name = $1 and (c.row_key = any($2::text[]) or c.new_row_key = any($2::text[])) order by c.seq`,
    [table.name, keys],
  );
  return rows.map(changeOf);
}

/** The pending changes that meet an SQL condition, in the order in which they were made. */
export async function changesWhere(sql: TextSql, condition: string): Promise<readonly PendingChange[]> {
  const { rows } = await sql.query(
    `select ${CHANGE_COLUMNS} from sync.client_changes c where ${condition} order by c.seq`,
  );
  return rows.map(changeOf);
}

export function changeOf(row: Row): PendingChange {
  return {
    table: text(row, 'table_name'),
    operation: text(row, 'operation') as PendingChange['operation'],
    key: rowOfJson(text(row, 'key')),
    set: rowOfJson(text(row, 'set')),
    old: rowOfJson(text(row, 'old')),
    version: row['version'] ?? null,
    local: rowOfJson(text(row, 'local')),
  };
}

export function answerOf(row: Row): MutationResult | null {
  const answer = row['answer'] ?? null;
  return answer === null ? null : decodeValue(mutationResultSchema, JSON.parse(answer));
}

/** A column that is never null. */
export function text(row: Row, column: string): string {
  return must(row[column], () => `no value in ${column}`);
}
