import { chainStart, type Position, type SqlConnection } from '@millrace/kernel';

export type CursorProof = 'proven' | 'cursor-unknown' | 'below-horizon' | 'epoch-changed';

const PROOF = /* sql */ `
  select
    (select chain from sync.change_history where epoch = $1 and seq = $2) as chain_at_cursor,
    (select chain from sync.change_history where epoch = $1 and seq = $3) as chain_at_end,
    (select first_seq from sync.epoch where epoch = $1) as first_seq,
    (select seq from sync.change_history where epoch = $1 order by seq limit 1) as oldest_seq`;

/**
 * Whether history can be read on from a cursor [H5]: the cursor must be the end of a transaction of this very history (or the epoch's start),
 * and everything after it must still be there.
 */
export async function proveCursor(sql: SqlConnection, cursor: Position, upTo: Position): Promise<CursorProof> {
  if (cursor.epoch !== upTo.epoch) return 'epoch-changed';
  if (cursor.seq > upTo.seq) return 'cursor-unknown';
  const { rows } = await sql.query(PROOF, [cursor.epoch, cursor.seq.toString(), upTo.seq.toString()]);
  const row = rows[0];
  if (!row || row['first_seq'] === null) return 'epoch-changed';

  const start = BigInt(row['first_seq'] as string) - 1n;
  const chainAt = (position: Position, stored: string | null) =>
    position.seq === start ? chainStart(position.epoch) : stored;
  // The end is what the ReplicationDO vouches for: a database that does not hold it is not the one whose history this is.
  if (chainAt(upTo, row['chain_at_end'] ?? null) !== upTo.chain) return 'epoch-changed';

  const oldest = row['oldest_seq'] ? BigInt(row['oldest_seq']) : start + 1n;
  if (cursor.seq + 1n < oldest) return 'below-horizon';
  return chainAt(cursor, row['chain_at_cursor'] ?? null) === cursor.chain ? 'proven' : 'cursor-unknown';
}
