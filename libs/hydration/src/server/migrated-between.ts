import { MIGRATION_TABLE } from '@millrace/change-history';
import type { Position, SqlConnection } from '@millrace/kernel';

/** Whether the schema was migrated in (after, upTo]: rows that were read at `after` may show it, and be of neither schema [S2]. */
export async function migratedBetween(
  sql: Pick<SqlConnection, 'query'>,
  after: Position,
  upTo: Position,
): Promise<boolean> {
  if (upTo.seq === after.seq) return false;
  const { rows } = await sql.query(
    'select 1 from sync.change_history where epoch = $1 and table_name = $2 and seq > $3 and seq <= $4 limit 1',
    [upTo.epoch, MIGRATION_TABLE, after.seq.toString(), upTo.seq.toString()],
  );
  return rows.length > 0;
}
