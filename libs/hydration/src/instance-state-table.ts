import type { SqlConnection } from '@millrace/kernel';
import type { InstanceState } from './instance-state.js';

const SAVE = /* sql */ `
  update sync.client_status set
    state = $2, state_since = to_timestamp($3::text::float8 / 1000), cause = $4, snapshot_id = $5::text::uuid, chunks_done = $6::text::int,
    chunks_total = $7::text::int, epoch = $8::text::uuid, seq = $9::text::bigint, attempts = $10::text::int, last_error = $11,
    updated_at = now(), last_seen_at = greatest(last_seen_at, now())
  where client_id = $1::text::uuid`;

/** Words about an error are for people: their beginning will do, and nobody fills the table with them. */
const ERROR_CHARS = 500;

/** Keeps where an instance stands in `sync.client_status`; null: forgotten, and whose it was stays. A client that is not registered has no row, and gets none. */
export async function saveInstance(sql: SqlConnection, clientId: string, state: InstanceState | null): Promise<void> {
  if (!state)
    return void (await sql.query(SAVE, [clientId, null, null, null, null, null, null, null, null, '0', null]));
  const { phase, since, cause, snapshotId, chunksDone, chunksTotal, position, attempts, lastError } = state;
  await sql.query(SAVE, [
    clientId,
    phase,
    since.toString(),
    cause,
    snapshotId,
    chunksDone.toString(),
    chunksTotal.toString(),
    position?.epoch ?? null,
    position?.seq.toString() ?? null,
    attempts.toString(),
    lastError?.slice(0, ERROR_CHARS) ?? null,
  ]);
}
