import type { SqlConnection } from '@millrace/kernel';

export const GATE_SQL = /* sql */ `
  select pg_visible_in_snapshot(x.xid, s.snapshot)::text as visible
  from (select pg_current_snapshot() as snapshot) s, unnest($1::xid8[]) with ordinality as x (xid, place)
  order by x.place`;

/**
 * The gate [H1]: how many of these transactions, from the first one on, every new snapshot can see. A commit is in the WAL before it is visible (for
 * as long as a synchronous standby takes); persisting it then would put it below a position whose snapshot lacks it.
 */
export async function visiblePrefix(sql: SqlConnection, xids: readonly bigint[]): Promise<number> {
  const { rows } = await sql.query(GATE_SQL, [xids.map(String)]);
  const firstHidden = rows.findIndex((row) => row['visible'] !== 't' && row['visible'] !== 'true');
  return firstHidden < 0 ? xids.length : firstHidden;
}

/** A 64-bit transaction id of now, for widening the 32-bit ones that follow. */
export async function currentXid(sql: SqlConnection): Promise<bigint> {
  const { rows } = await sql.query('select pg_snapshot_xmax(pg_current_snapshot())::text as xmax');
  return BigInt(rows[0]?.['xmax'] as string);
}
