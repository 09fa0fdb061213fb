import { translateQueued, type Convert, type ReplicaChange, type Told, type Untold } from '@millrace/migrations-client';
import { emptyRow, must } from '@millrace/kernel';
import { findTable, keyFromText, keyText } from '@millrace/schema-meta';
import { knownTable } from '../core/fold-changes.js';
import { reasonOf, touchedKeys, type PendingChange, type RejectedMutation } from '../core/pending-mutation.js';
import { answerOf, changeOf, text } from './outbox-rows.js';
import { addKeys, type TouchedRows } from './take-acks.js';
import type { TextSql } from './text-sql.js';

interface Recorded {
  readonly seq: string;
  readonly txId: string;
  readonly told: Told;
}

/**
 * Tells the outbox in the words of the next schema. A mutation of which a change cannot be told is refused here, whole and by itself, with the reason; the
 * others stay (I2). Returns the rows that they touch, which have no base row yet.
 */
export async function tellOutbox(sql: TextSql, change: ReplicaChange, convert: Convert): Promise<TouchedRows> {
  const recorded = await readRecorded(sql);
  const translated = await translateQueued(
    recorded.map(({ told }) => told),
    change.ops,
    convert,
  );
  const untold = new Map<string, Untold>();
  for (const [index, one] of translated.entries()) {
    const txId = must(recorded[index], 'as many as there were').txId;
    if (one.kind === 'untold' && !untold.has(txId)) untold.set(txId, one.reason);
  }
  const touched = await moveBaseRows(sql, change, convert);
  await writeChanges(
    sql,
    change,
    recorded.flatMap(({ seq, told }, index) => {
      const one = translated[index];
      return one?.kind === 'told' && one.change !== told.change ? [{ seq, change: one.change }] : [];
    }),
  );
  await forgetUntold(
    sql,
    recorded.filter((_each, index) => translated[index]?.kind === 'untold').map(({ seq }) => seq),
    { untold, recorded, version: change.after.version },
  );
  return touched;
}

async function readRecorded(sql: TextSql): Promise<readonly Recorded[]> {
  const { rows } = await sql.query(
    `select c.seq, c.tx_id, c.table_name, c.operation, c.key, c.set, c.old, c.version, c.local, m.answer is not null as answered
     from sync.client_changes c join sync.client_mutation m using (tx_id) order by c.seq`,
  );
  return rows.map((row) => ({
    seq: text(row, 'seq'),
    txId: text(row, 'tx_id'),
    told: { change: changeOf(row), answered: row['answered'] === 't' },
  }));
}

/** Their content is the tables' again, once those hold the server's rows alone; here they get their new places. */
async function moveBaseRows(
  sql: TextSql,
  { before, after, ops }: ReplicaChange,
  convert: Convert,
): Promise<TouchedRows> {
  const { rows } = await sql.query('delete from sync.base_row returning table_name, row_key');
  const places = rows.map((row): Told => {
    const table = knownTable(before, text(row, 'table_name'));
    const key = keyFromText(table, text(row, 'row_key'));
    const empty = emptyRow();
    const change = { table: table.name, operation: 'delete', key, set: empty, old: empty, version: null, local: empty };
    return { change: change as PendingChange, answered: true };
  });
  const touched: TouchedRows = new Map();
  for (const one of await translateQueued(places, ops, convert)) {
    const table = one.kind === 'told' ? findTable(after, one.change.table) : undefined;
    if (table && one.kind === 'told') addKeys(touched, table.name, [keyText(table, one.change.key)]);
  }
  for (const [table, keys] of touched)
    await sql.query('insert into sync.base_row (table_name, row_key, row) select $1, unnest($2::text[]), null', [
      table,
      [...keys],
    ]);
  return touched;
}

async function writeChanges(
  sql: TextSql,
  { after }: ReplicaChange,
  changes: readonly { readonly seq: string; readonly change: PendingChange }[],
): Promise<void> {
  if (changes.length === 0) return;
  const records = changes.map(({ seq, change }) => {
    const [before, moved] = touchedKeys(knownTable(after, change.table), change);
    const { table, key, set, old, local } = change;
    return { seq, table, before, moved: moved ?? null, key, set, old, local };
  });
  await sql.query(
    `update sync.client_changes c set table_name = x."table", row_key = x.before, new_row_key = x.moved, key = x.key, set = x.set, old = x.old, local = x.local
     from json_to_recordset($1::json) as x (seq bigint, "table" text, before text, moved text, key jsonb, set jsonb, old jsonb, local jsonb)
     where c.seq = x.seq`,
    [JSON.stringify(records)],
  );
}

interface UntoldMutations {
  readonly untold: ReadonlyMap<string, Untold>;
  readonly recorded: readonly Recorded[];
  readonly version: string;
}

/**
 * What the server has not answered is refused, as it was written; what it has is the server's affair: only what it changed in tables that are gone is not
 * shown any more.
 */
async function forgetUntold(
  sql: TextSql,
  seqs: readonly string[],
  { untold, recorded, version }: UntoldMutations,
): Promise<void> {
  if (untold.size === 0) return;
  const { rows } = await sql.query(
    'select tx_id, mutation_id, answer from sync.client_mutation where tx_id = any($1::uuid[])',
    [[...untold.keys()]],
  );
  const gone: string[] = [];
  for (const row of rows) {
    const [txId, answer] = [text(row, 'tx_id'), answerOf(row)];
    const changes = recorded.filter((each) => each.txId === txId);
    if (answer !== null && changes.some(({ seq }) => !seqs.includes(seq))) continue;
    gone.push(txId);
    if (answer !== null && answer.verdict !== 'rejected') continue;
    const reason = answer ? reasonOf(answer) : refusal(must(untold.get(txId), 'untold'), version);
    await sql.query(
      'insert into sync.rejected (tx_id, mutation_id, reason, changes) values ($1, $2, $3::jsonb, $4::jsonb) on conflict (tx_id) do nothing',
      [txId, text(row, 'mutation_id'), JSON.stringify(reason), JSON.stringify(changes.map(({ told }) => told.change))],
    );
  }
  await sql.query('delete from sync.client_changes where seq = any($1::bigint[]) or tx_id = any($2::uuid[])', [
    seqs,
    gone,
  ]);
  await sql.query('delete from sync.client_mutation where tx_id = any($1::uuid[])', [gone]);
}

function refusal({ table, column, message }: Untold, version: string): RejectedMutation['reason'] {
  return {
    code: 'schema-changed',
    message: `This write cannot be told in schema ${version}: ${message}.`,
    table,
    ...(column === null ? {} : { columns: [column] }),
  };
}
