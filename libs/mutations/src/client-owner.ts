import type { SqlConnection } from '@millrace/kernel';

/** The `sub` to which a client id is bound, or null if it was never registered (X7). */
export async function clientOwner(sql: SqlConnection, clientId: string): Promise<string | null> {
  const { rows } = await sql.query('select sub from sync.client_status where client_id = $1::text::uuid', [clientId]);
  return rows[0]?.['sub'] ?? null;
}
