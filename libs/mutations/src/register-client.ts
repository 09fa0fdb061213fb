import { SyncError, type SqlConnection } from '@millrace/kernel';
import type { Principal } from '@millrace/sync-rules';
import { readEpoch } from './ledger.js';
import { MUTATION_LIMITS } from './limits.js';

export interface RegisterClientRequest {
  /** Proposed by the client, so that a lost answer can be repeated. */
  readonly clientId: string;
  readonly principal: Principal;
  readonly slot: string;
}

/**
 * Binds a client id to the first principal that names it (X7). Repeating it is harmless. Throws `unknown-client` when it is somebody else's,
 * `too-many-requests` beyond {@link MUTATION_LIMITS}.clientsPerSub (X20).
 */
export async function registerClient(
  sql: SqlConnection,
  request: RegisterClientRequest,
): Promise<{ readonly epoch: string }> {
  return sql.transaction(async (transaction) => {
    const { sub } = request.principal;
    const isNew = await bind(transaction, request.clientId, sub);
    if (isNew) await checkQuota(transaction, sub);
    return { epoch: await readEpoch(transaction, request.slot) };
  });
}

async function bind(sql: SqlConnection, clientId: string, sub: string): Promise<boolean> {
  const { rows } = await sql.query(
    `insert into sync.client_status as known (client_id, sub) values ($1::text::uuid, $2::text)
     on conflict (client_id) do update set last_seen_at = now() where known.sub = excluded.sub
     returning (xmax = 0) as is_new`,
    [clientId, sub],
  );
  const row = rows[0];
  if (!row) throw new SyncError('unknown-client', 'this client id cannot be used; register with a new one');
  return row['is_new'] === 't';
}

async function checkQuota(sql: SqlConnection, sub: string): Promise<void> {
  const { rows } = await sql.query('select count(*) as clients from sync.client_status where sub = $1::text', [sub]);
  if (Number(rows[0]?.['clients']) > MUTATION_LIMITS.clientsPerSub) {
    throw new SyncError(
      'too-many-requests',
      `${MUTATION_LIMITS.clientsPerSub} clients are registered for this user; remove some`,
    );
  }
}
