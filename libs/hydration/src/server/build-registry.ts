import { must, type SqlConnection } from '@millrace/kernel';
import type { FinishedBuild } from './table-build.js';

/** How much may be kept, over all snapshot keys. */
export interface SnapshotBudget {
  readonly maxBytes: number;
  /** Since somebody last took it up, ms. */
  readonly maxAgeMs: number;
}

/** A build whose chunks are to be removed from the blob store. */
export interface EvictedBuild {
  readonly id: string;
  readonly snapshotKey: string;
  readonly chunks: number;
}

/** Whoever was handed a build is given this long to fetch it. */
export const KEPT_AFTER_USE_MS = 60 * 60_000;
/** An evictor that has not finished by then has died. */
const EVICTION_TAKES_MS = 10 * 60_000;

type Sql = Pick<SqlConnection, 'query'>;

/** Makes a finished build known to all who share the space. */
export async function registerBuild(
  sql: Sql,
  snapshotKey: string,
  { id, table, content }: FinishedBuild,
): Promise<void> {
  const { position, rows, chunks } = content;
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  await sql.query(
    `insert into sync.snapshot (id, snapshot_key, table_name, epoch, seq, rows, bytes, chunks)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
    [
      id,
      snapshotKey,
      table,
      position.epoch,
      position.seq.toString(),
      String(rows),
      String(bytes),
      String(chunks.length),
    ],
  );
}

/** Those of the builds that are still there; nobody evicts them within {@link KEPT_AFTER_USE_MS} from now. */
export async function touchBuilds(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql.query(
    'update sync.snapshot set used_at = now() where id = any($1::uuid[]) and evicted_at is null returning id',
    [ids],
  );
  return new Set(rows.map((row) => must(row['id'], 'a build has an id')));
}

/**
 * Chooses what has to go and claims it, so that it is handed out no more: builds that newer ones replace, those unused for too long, and the
 * longest unused beyond the space; also what a former evictor left half done. The caller removes the chunks, then calls {@link forgetBuilds}.
 */
export async function claimEvictions(
  sql: Sql,
  { maxBytes, maxAgeMs }: SnapshotBudget,
  replaced: readonly string[],
): Promise<readonly EvictedBuild[]> {
  const { rows } = await sql.query(
    `with ranked as (
       select id, used_at, sum(bytes) over (order by used_at desc, id) as bytes_up_to_it from sync.snapshot where evicted_at is null
     ), chosen as (
       select s.id from sync.snapshot s left join ranked using (id)
       where s.evicted_at < now() - $4::bigint * interval '1 millisecond'
         or (s.evicted_at is null and s.used_at < now() - $3::bigint * interval '1 millisecond' and (
           s.id = any($5::uuid[]) or s.used_at < now() - $2::bigint * interval '1 millisecond' or ranked.bytes_up_to_it > $1::bigint))
       for update of s skip locked
     )
     update sync.snapshot s set evicted_at = now() from chosen where s.id = chosen.id
     returning s.id, s.snapshot_key, s.chunks`,
    [String(maxBytes), String(maxAgeMs), String(KEPT_AFTER_USE_MS), String(EVICTION_TAKES_MS), replaced],
  );
  return rows.map((row) => ({
    id: must(row['id'], 'a build has an id'),
    snapshotKey: must(row['snapshot_key'], 'a build has a key'),
    chunks: Number(row['chunks']),
  }));
}

export async function forgetBuilds(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query('delete from sync.snapshot where id = any($1::uuid[]) and evicted_at is not null', [ids]);
}

/** Those of the builds that may still be handed out. */
export async function registeredBuilds(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql.query('select id from sync.snapshot where id = any($1::uuid[]) and evicted_at is null', [
    ids,
  ]);
  return new Set(rows.map((row) => must(row['id'], 'a build has an id')));
}
