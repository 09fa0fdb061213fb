import { SyncError, type Row, type SqlConnection } from '@millrace/kernel';
import { decodeValue, mutationResultSchema, type MutationResult } from '@millrace/sync-protocol';
import type { ClientMutation } from './context.js';
import { TRANSACTION_BOUNDS } from './transaction-timeouts.js';

/** How far one client's mutations have got. */
export interface ClientLedger {
  readonly lastMutationId: number;
}

/**
 * The first statement of a transaction: bounds it, and locks the client's row, so that there is one mutation of a client at a time, whichever session
 * carries it [W3]. A client of somebody else answers exactly as one that was never registered (X7).
 */
export async function lockClient(sql: SqlConnection, clientId: string, sub: string): Promise<ClientLedger> {
  const { rows } = await sql.query(
    `with bounds as materialized (${TRANSACTION_BOUNDS})
     select client.last_mutation_id from bounds, sync.client_status client
     where client.client_id = $1::text::uuid and client.sub = $2::text and bounds.lock_timeout is not null
     for update of client`,
    [clientId, sub],
  );
  const row = rows[0];
  if (!row) throw new SyncError('unknown-client', 'this client is not registered; register it and push again');
  return { lastMutationId: Number(row['last_mutation_id']) };
}

/** The epoch that holds for a slot. */
export async function readEpoch(sql: SqlConnection, slot: string): Promise<string> {
  const { rows } = await sql.query('select epoch from sync.replication_state where slot_name = $1::text', [slot]);
  return epochOf(rows[0]);
}

/**
 * The epoch, the stored verdict of a txId, and which step of the catalogue is the newest, in one round trip. A statement of its own, after the client's row is locked: a sub-query of the
 * locking statement would still look at the snapshot from before the wait, and miss what a concurrent duplicate has just stored (F63).
 */
export async function readStanding(
  sql: SqlConnection,
  keys: { slot: string; sub: string; txId: string },
): Promise<{ epoch: string; known: MutationResult | null; latest: string | null }> {
  const { rows } = await sql.query(
    `select state.epoch, known.mutation_id, known.tx_id, known.verdict, known.reason, (${LATEST_STEP}) as latest
     from sync.replication_state state left join sync.client_mutation known on known.sub = $2::text and known.tx_id = $3::text::uuid
     where state.slot_name = $1::text`,
    [keys.slot, keys.sub, keys.txId],
  );
  const row = rows[0];
  return { epoch: epochOf(row), known: row?.['verdict'] ? resultOf(row) : null, latest: row?.['latest'] ?? null };
}

const LATEST_STEP = 'select ordinal::text as latest from sync.client_migration order by ordinal desc limit 1';

/** The newest step of the catalogue that this transaction sees; null: there is none. */
export async function latestStep(sql: SqlConnection): Promise<string | null> {
  return (await sql.query(LATEST_STEP)).rows[0]?.['latest'] ?? null;
}

function epochOf(row: Row | undefined): string {
  const epoch = row?.['epoch'];
  if (!epoch) throw new SyncError('database-unavailable', 'replication has not begun on this database yet; try again');
  return epoch;
}

/** Stored verdicts of those txIds. Found by principal, not by client: a txId keeps its verdict under whatever number it comes again [W2]. */
export async function knownMutations(
  sql: SqlConnection,
  sub: string,
  txIds: readonly string[],
): Promise<MutationResult[]> {
  const { rows } = await sql.query(
    'select mutation_id, tx_id, verdict, reason from sync.client_mutation where sub = $1::text and tx_id = any($2::text[]::uuid[]) order by mutation_id, tx_id',
    [sub, txIds],
  );
  return rows.map(resultOf);
}

/** Writes the verdict and moves the client on, in one statement. The inserted row is captured: in the stream it is the ack [W5]. */
export async function recordVerdict(
  sql: SqlConnection,
  sub: string,
  mutation: ClientMutation,
  result: MutationResult,
): Promise<void> {
  await sql.query(
    `with moved as (
       update sync.client_status set last_mutation_id = $2::text::bigint, last_seen_at = now() where client_id = $1::text::uuid
     )
     insert into sync.client_mutation (client_id, mutation_id, tx_id, sub, epoch, schema_version, verdict, reason)
     values ($1::text::uuid, $2::text::bigint, $3::text::uuid, $4::text, $5::text::uuid, $6::text, $7::text, $8::text::jsonb)`,
    [
      mutation.clientId,
      String(result.mutationId),
      result.txId,
      sub,
      mutation.epoch,
      mutation.schemaVersion,
      result.verdict,
      result.reason && JSON.stringify(result.reason),
    ],
  );
}

function resultOf(row: Row): MutationResult {
  const reason = row['reason'];
  return decodeValue(mutationResultSchema, {
    mutationId: Number(row['mutation_id']),
    txId: row['tx_id'],
    verdict: row['verdict'],
    reason: reason ? (JSON.parse(reason) as unknown) : null,
  });
}
