import { must, type Position, type Row } from '@millrace/kernel';
import { tableParts, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { StoreSummary } from '../core/ports/client-store.js';
import { changeChannel, plainName } from './change-channel.js';
import { text } from './outbox-rows.js';
import { hasOtherTriggers } from './silence.js';
import { rowOfJson, scalar, type StoreTransaction, type TextSql } from './text-sql.js';

/** What a transaction in replica role did. */
export interface ReplicaChange {
  /** Where the cursor stands now; null if it did not move. */
  readonly position: Position | null;
  /** The scope that the rows were read for; absent if it is as it was. */
  readonly scope?: string;
  /** Table → seq since which its base rows are as they are, of those that changed [S6]. */
  readonly changedAt: ReadonlyMap<string, bigint>;
  /** Tables whose readers are told. */
  readonly tables: readonly TableMeta[];
}

const SUMMARY = `s.epoch, s.seq, s.chain, s.scope, s.schema_version, coalesce(m.first - 1, s.last_mutation) as acked, m.pending, m.unsent,
  (select count(*) from sync.rejected) as rejected`;
const OUTBOX = `(select min(mutation_id) as first, count(*) as pending, count(*) filter (where answer is null) as unsent
  from sync.client_mutation) m`;

const SUMMARY_COLUMNS = ['epoch', 'seq', 'chain', 'scope', 'schema_version', 'acked', 'pending', 'unsent', 'rejected'];

/** SQL for the store's summary as one jsonb object of texts; {@link summaryOf} reads it. */
export const SUMMARY_JSON = `select jsonb_object(array[${SUMMARY_COLUMNS.map((name) => `'${name}'`).join(', ')}], array[${SUMMARY_COLUMNS.map((name) => `q.${name}::text`).join(', ')}])
    from (select ${SUMMARY} from sync.state s, ${OUTBOX}) q`;

/** From so many rows on, asking every row's triggers costs more than the plans that a change of role flushes. */
const MANY_ROWS = 200;

/** Functions that keep the plans of what every applied transaction begins and ends with: planning took longer than running. */
export function replicaFunctions(schema: SchemaMeta): string {
  return `
create or replace function sync.become_replica(many boolean) returns boolean language plpgsql as $$
begin
  perform set_config('millrace.apply', 'on', true);
  if many or ${hasOtherTriggers(schema)} then
    perform set_config('session_replication_role', 'replica', true);
  end if;
  return exists (select from sync.base_row)
    or exists (select from sync.rejected where reason ->> 'code' = 'schema-changed');
end $$;
create or replace function sync.move_cursor(new_epoch uuid, new_seq bigint, new_chain text, new_scope text, changed text[], seqs bigint[], told text[])
  returns jsonb language plpgsql as $$
begin
  update sync.state s set epoch = coalesce(new_epoch, s.epoch), seq = coalesce(new_seq, s.seq), chain = coalesce(new_chain, s.chain),
    scope = coalesce(new_scope, s.scope);
  insert into sync.table_state (table_name, changed_at) select * from unnest(changed, seqs)
    on conflict (table_name) do update set changed_at = excluded.changed_at;
  perform pg_notify(${changeChannel('t.name')}, '') from unnest(told) as t (name);
  return (${SUMMARY_JSON});
end $$;`;
}

/**
 * Silences triggers until the transaction ends: for many rows all of them, by the role of a replica; for a few capture and live queries alone, and the app's by
 * that role only if it has any. Tells whether anything is pending, or was refused here and may yet be taken: all in one exchange, since each costs as much as a row.
 */
export async function becomeReplica(sql: StoreTransaction, rows: number): Promise<boolean> {
  const [result] = await sql.raw.exec(`select sync.become_replica(${rows >= MANY_ROWS}) as pending`);
  return result?.rows[0]?.['pending'] === true;
}

/**
 * Moves the cursor in the transaction of its rows [A1], and wakes the live queries over the changed tables, whose own triggers are silent in
 * replica role.
 */
export async function finishReplica(
  sql: TextSql,
  { position, scope, changedAt, tables }: ReplicaChange,
): Promise<StoreSummary> {
  const summary = await scalar(
    sql,
    'select sync.move_cursor($1::uuid, $2::bigint, $3, $4, $5::text[], $6::bigint[], $7::text[]) as summary',
    [
      position?.epoch ?? null,
      position?.seq.toString() ?? null,
      position?.chain ?? null,
      scope ?? null,
      [...changedAt.keys()],
      [...changedAt.values()].map(String),
      tables.map((table) => plainName(tableParts(table.name))),
    ],
  );
  return summaryOf(rowOfJson(must(summary, 'sync.state has a row')));
}

export async function readSummary(sql: TextSql): Promise<StoreSummary> {
  return summaryOf((await sql.query(`select ${SUMMARY} from sync.state s, ${OUTBOX}`)).rows[0]);
}

/** From a row of the summary's columns. */
export function summaryOf(found: Row | undefined): StoreSummary {
  const row = must(found, 'sync.state has a row');
  return {
    position: positionOf(row),
    scope: row['scope'] ?? null,
    schemaVersion: text(row, 'schema_version'),
    ackedMutation: Number(text(row, 'acked')),
    unsent: Number(text(row, 'unsent')),
    pending: Number(text(row, 'pending')),
    rejected: Number(text(row, 'rejected')),
  };
}

function positionOf(row: Row): Position | null {
  const { epoch, seq, chain } = row;
  return epoch && seq && chain ? { epoch, seq: BigInt(seq), chain } : null;
}
