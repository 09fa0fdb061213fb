import { assert, chainStart, formatLsn, parseLsn, type Lsn, type Position, type SqlConnection } from '@millrace/kernel';

/** `sync.replication_state`: how far the history of one slot has got. */
export interface ReplicationState {
  readonly slot: string;
  readonly position: Position;
  readonly lastCommitLsn: Lsn;
  readonly lastEndLsn: Lsn;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly schemaVersion: string;
}

/** A row of `sync.epoch`. */
export interface EpochRecord {
  readonly epoch: string;
  readonly cause: string;
  /** The first seq that this epoch gives; its history starts right before it. */
  readonly firstSeq: bigint;
  readonly startLsn: Lsn;
  readonly startedAt: string;
}

export async function readReplicationState(sql: SqlConnection, slot: string): Promise<ReplicationState | null> {
  const { rows } = await sql.query('select * from sync.replication_state where slot_name = $1', [slot]);
  const row = rows[0];
  if (!row) return null;
  return {
    slot,
    position: {
      epoch: row['epoch'] as string,
      seq: BigInt(row['last_seq'] as string),
      chain: row['last_chain'] as string,
    },
    lastCommitLsn: parseLsn(row['last_commit_lsn'] as string),
    lastEndLsn: parseLsn(row['last_end_lsn'] as string),
    systemIdentifier: row['system_identifier'] as string,
    timeline: Number(row['timeline']),
    schemaVersion: row['schema_version'] as string,
  };
}

/** Where the history of a slot ends; null before its first epoch. */
export async function readPosition(sql: SqlConnection, slot: string): Promise<Position | null> {
  return (await readReplicationState(sql, slot))?.position ?? null;
}

/** The epochs of a slot, newest first. */
export async function readEpochs(sql: SqlConnection, slot: string): Promise<readonly EpochRecord[]> {
  const { rows } = await sql.query(
    'select epoch, cause, first_seq, start_lsn, started_at from sync.epoch where slot_name = $1 order by first_seq desc, started_at desc limit 100',
    [slot],
  );
  return rows.map((row) => ({
    epoch: row['epoch'] as string,
    cause: row['cause'] as string,
    firstSeq: BigInt(row['first_seq'] as string),
    startLsn: parseLsn(row['start_lsn'] as string),
    startedAt: row['started_at'] as string,
  }));
}

export interface NewEpoch {
  readonly slot: string;
  readonly epoch: string;
  readonly cause: string;
  /** seq goes on counting from here [E2]. */
  readonly afterSeq: bigint;
  /** The new slot's consistent point: its first transaction commits at or after it. */
  readonly startLsn: Lsn;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly schemaVersion: string;
}

/** Records a new epoch and points the state at its start, in one transaction [E2]. Returns the position at which it starts. */
export async function beginEpoch(sql: SqlConnection, next: NewEpoch): Promise<Position> {
  const position: Position = { epoch: next.epoch, seq: next.afterSeq, chain: chainStart(next.epoch) };
  await sql.transaction(async (tx) => {
    await tx.query(
      'insert into sync.epoch (epoch, slot_name, cause, first_seq, start_lsn) values ($1, $2, $3, $4, $5)',
      [next.epoch, next.slot, next.cause, (next.afterSeq + 1n).toString(), formatLsn(next.startLsn)],
    );
    await tx.query('select sync.ensure_history_partition($1)', [(next.afterSeq + 1n).toString()]);
    await tx.query('delete from sync.replication_state where slot_name = $1', [next.slot]);
    await tx.query(
      `insert into sync.replication_state
         (slot_name, epoch, last_seq, last_chain, last_commit_lsn, last_end_lsn, system_identifier, timeline, schema_version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        next.slot,
        position.epoch,
        position.seq.toString(),
        position.chain,
        formatLsn(beforeFirstCommit(next.startLsn)),
        formatLsn(next.startLsn),
        next.systemIdentifier,
        String(next.timeline),
        next.schemaVersion,
      ],
    );
  });
  return position;
}

/** A commit record may lie exactly at the slot's consistent point and is decoded then: [H2] must not take it for one already persisted. */
function beforeFirstCommit(startLsn: Lsn): Lsn {
  assert(startLsn > 0n, 'a slot has a consistent point');
  return (startLsn - 1n) as Lsn;
}
