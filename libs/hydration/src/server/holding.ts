import { must, parseLsn, type Lsn, type Position, type SqlConnection } from '@millrace/kernel';
import type { TableRows } from './build-table.js';
import type { FinishedBuild } from './table-build.js';

/** An end of a transaction in history, and its commit address. */
export interface Holding {
  readonly position: Position;
  readonly lsn: Lsn;
}

/** The build as if it had been read there: its rows are known to hold history up to that position. Never moves back. */
export function advancedTo(build: FinishedBuild, { position, lsn }: Holding): FinishedBuild {
  if (position.epoch !== build.content.position.epoch || position.seq <= build.content.position.seq) return build;
  const upTo = build.upTo.seq < position.seq ? position : build.upTo;
  return { ...build, content: { ...build.content, position, lsn }, upTo };
}

/** The position with its commit address. It must end a transaction of this history. */
export async function holdingUpTo(sql: Pick<SqlConnection, 'query'>, position: Position): Promise<Holding | null> {
  const { rows } = await sql.query('select lsn from sync.change_history where epoch = $1 and seq = $2', [
    position.epoch,
    position.seq.toString(),
  ]);
  const lsn = rows[0]?.['lsn'];
  return lsn ? { position, lsn: parseLsn(lsn) } : null;
}

/**
 * How much of history the rows hold that was not yet in it when they were read: capture may have been behind, by minutes where much was written.
 * All transactions older than the oldest one that still ran when the snapshot was taken were over by then, and the rows show them; history up to the
 * first other one has nothing new. Null: nothing more than was known.
 */
export async function heldBySnapshot(
  sql: Pick<SqlConnection, 'query'>,
  { position, oldestRunning }: Pick<TableRows, 'position' | 'oldestRunning'>,
  upTo: Position,
): Promise<Holding | null> {
  const { rows } = await sql.query(HELD_BY_SNAPSHOT, [
    position.epoch,
    position.seq.toString(),
    upTo.seq.toString(),
    oldestRunning,
  ]);
  const row = rows[0];
  if (!row) return null;
  return {
    position: { epoch: position.epoch, seq: BigInt(must(row['seq'], 'a seq')), chain: must(row['chain'], 'a chain') },
    lsn: parseLsn(must(row['lsn'], 'a commit address')),
  };
}

/** `chain` stands at each transaction's last change only. */
const HELD_BY_SNAPSHOT = /* sql */ `
  with unseen as (
    select seq from sync.change_history
    where epoch = $1 and seq > $2 and seq <= $3 and transaction_id::xid8 >= $4::xid8
    order by seq limit 1)
  select seq, chain, lsn from sync.change_history
  where epoch = $1 and seq > $2 and seq <= $3 and seq < coalesce((select seq from unseen), $3::bigint + 1) and chain is not null
  order by seq desc limit 1`;
