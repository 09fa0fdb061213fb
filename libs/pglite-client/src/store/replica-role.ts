import { must, type Position, type Row } from '@millrace/kernel';
import { tableParts, type TableMeta } from '@millrace/schema-meta';
import type { StoreSummary } from '../core/ports/client-store.js';
import { changeChannel, plainName } from './change-channel.js';
import { text } from './outbox-rows.js';
import type { StoreTransaction, TextSql } from './text-sql.js';

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

/** Silences capture until the transaction ends. Tells whether anything is pending, or was refused here and may yet be taken: both in one exchange, since each costs as much as a row. */
export async function becomeReplica(sql: StoreTransaction): Promise<boolean> {
  const results = await sql.raw.exec(
    "set local session_replication_role = replica; select exists (select from sync.base_row) or exists (select from sync.rejected where reason ->> 'code' = 'schema-changed') as pending",
  );
  return results.at(-1)?.rows[0]?.['pending'] === true;
}

/**
 * Moves the cursor in the transaction of its rows [A1], and wakes the live queries over the changed tables, whose own triggers are silent in
 * replica role.
 */
export async function finishReplica(
  sql: TextSql,
  { position, scope, changedAt, tables }: ReplicaChange,
): Promise<StoreSummary> {
  const { rows } = await sql.query(
    `with moved as (
       update sync.state set epoch = coalesce($1::uuid, epoch), seq = coalesce($2::bigint, seq), chain = coalesce($3, chain),
         scope = coalesce($4, scope) returning *
     ), changed as (
       insert into sync.table_state (table_name, changed_at) select * from unnest($5::text[], $6::bigint[])
       on conflict (table_name) do update set changed_at = excluded.changed_at
     )
     select ${SUMMARY}, (select count(pg_notify(${changeChannel('t.name')}, '')) from unnest($7::text[]) as t (name)) as woken
     from moved s, ${OUTBOX}`,
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
  return summaryOf(rows[0]);
}

export async function readSummary(sql: TextSql): Promise<StoreSummary> {
  return summaryOf((await sql.query(`select ${SUMMARY} from sync.state s, ${OUTBOX}`)).rows[0]);
}

function summaryOf(found: Row | undefined): StoreSummary {
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
