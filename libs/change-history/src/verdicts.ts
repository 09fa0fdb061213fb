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
 * The verdicts of a client's mutations whose row lies at or below a position, in order: what a snapshot already shows the effect of, and no
 * stream will ack any more [W5]. Read backwards, since a client's mutations commit in their order and only the newest are asked for.
 */
export async function readVerdicts(
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
