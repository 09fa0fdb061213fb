import type { Position, SqlConnection } from '@millrace/kernel';
import { clientKey } from '@millrace/sync-rules';
import { MUTATION_TABLE, mutationMarkOf } from './engine-tables.js';
import type { MutationMark } from './history-transaction.js';
import { rowFromJson } from './row-json.js';

export interface VerdictRequest {
  readonly clientId: string;
  /** The last mutation whose verdict the client has. */
  readonly afterMutation: number;
  /** Verdicts above it come through the stream. */
  readonly upTo: Position;
}

const BATCH = 200;

export const VERDICTS_SQL = /* sql */ `
  select seq, data::text as data from sync.change_history
  where scope_new = $1 and seq <= $2 and table_name = $3
  order by seq desc limit ${BATCH}`;

/**
 * Mutations that an ended epoch never captured: committed, so every snapshot of this epoch shows their effect, but without a row in its
 * history. Nothing else would ever settle them [E2] (I9).
 */
export const UNCAPTURED_SQL = /* sql */ `
  select m.client_id, m.mutation_id, m.tx_id, m.verdict, m.reason::text as reason from sync.client_mutation m
  where m.client_id = $1::text::uuid and m.mutation_id > $2 and m.epoch <> $3::text::uuid
    and not exists (
      select from sync.change_history h
      where h.scope_new = $4 and h.epoch = $3::text::uuid and h.table_name = $5 and h.data ->> 'tx_id' = m.tx_id::text)
  order by m.mutation_id`;

/**
 * The verdicts of a client's mutations whose row lies at or below a position, in order: what a snapshot already shows the effect of, and no
 * stream will ack any more [W5]. Read backwards, since a client's mutations commit in their order and only the newest are asked for.
 */
export async function readVerdicts(sql: SqlConnection, request: VerdictRequest): Promise<readonly MutationMark[]> {
  const captured = await readCaptured(sql, request);
  const uncaptured = await readUncaptured(sql, request);
  const known = new Set(captured.map((mark) => mark.txId));
  return [...uncaptured.filter((mark) => !known.has(mark.txId)), ...captured].sort(
    (a, b) => a.mutationId - b.mutationId,
  );
}

async function readUncaptured(
  sql: SqlConnection,
  { clientId, afterMutation, upTo }: VerdictRequest,
): Promise<readonly MutationMark[]> {
  const params = [clientId, afterMutation.toString(), upTo.epoch, clientKey(clientId), MUTATION_TABLE];
  return (await sql.query(UNCAPTURED_SQL, params)).rows.map(mutationMarkOf);
}

async function readCaptured(
  sql: SqlConnection,
  { clientId, afterMutation, upTo }: VerdictRequest,
): Promise<readonly MutationMark[]> {
  const newestFirst: MutationMark[] = [];
  let below = upTo.seq;
  for (;;) {
    const { rows } = await sql.query(VERDICTS_SQL, [clientKey(clientId), below.toString(), MUTATION_TABLE]);
    const marks = rows.map((row) => mutationMarkOf(rowFromJson(row['data'] as string)));
    const asked = marks.filter((mark) => mark.mutationId > afterMutation);
    newestFirst.push(...asked);
    if (rows.length < BATCH || asked.length < marks.length) return newestFirst.reverse();
    below = BigInt(rows.at(-1)?.['seq'] as string) - 1n;
  }
}
