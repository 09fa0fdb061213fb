import type { SqlConnection } from '@millrace/kernel';
import type { ClientVersions } from '@millrace/schema-compat';

/** Keeps which schemas a client's tables and its app have: before a revert or a breaking migration somebody asks who would be left behind. */
export async function saveClientVersions(
  sql: SqlConnection,
  clientId: string,
  { tables, app }: ClientVersions,
): Promise<void> {
  await sql.query(
    `update sync.client_status set schema_version = $2::text, app_version = $3::text, last_seen_at = now()
     where client_id = $1::text::uuid`,
    [clientId, tables, app],
  );
}
