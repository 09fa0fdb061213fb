import { MIGRATION_TABLE } from '@millrace/change-history';
import type { Position, Row, SqlConnection } from '@millrace/kernel';
import type { FinishedBuild } from './table-build.js';

/** When rows are read anew rather than handed out with their tail: after max(min, min(max, percent of the rows)) changes of them in scope. */
export interface Staleness {
  readonly percent: number;
  readonly min: number;
  readonly max: number;
}

/** Somebody may be about to take up a build that has just been finished, however busy the table: else a busy table would be read for ever. */
const GRACE_MS = 30_000;
/** Changes looked at per table, row key and side. With more of them, of whatever table, a tail costs more than rows that are read anew. */
const MAX_LOOKED_AT = 200_000;

export interface Verdicts {
  /** Read anew rather than handed out. */
  readonly stale: ReadonlySet<string>;
  /** Nothing in scope has changed in these since they were read: they are as if read at the head. */
  readonly unchanged: ReadonlySet<string>;
}

/** Tells which builds are still worth their tail, with as few looks into history as can be. */
export class Freshness {
  readonly #staleness: Staleness;
  readonly #lookedAt: number;
  /** Build id → no head at or below it can make the build stale: each change takes one seq. */
  readonly #freshUntil = new Map<string, bigint>();
  readonly #stale = new Set<string>();

  constructor(staleness: Staleness, lookedAt = MAX_LOOKED_AT) {
    this.#staleness = staleness;
    this.#lookedAt = lookedAt;
  }

  /** Of these builds, by id, at `head`. `rowKeys` holds the key of what concerns everybody, too. `sql` is used only if some may have become stale. */
  async judge(
    builds: readonly FinishedBuild[],
    { head, now, rowKeys }: { readonly head: Position; readonly now: number; readonly rowKeys: readonly string[] },
    sql: Pick<SqlConnection, 'query'>,
  ): Promise<Verdicts> {
    const unchanged = new Set<string>();
    const doubtful = builds.filter(
      (build) => now - build.finishedAt >= GRACE_MS && !this.#stale.has(build.id) && head.seq > this.#untilOf(build),
    );
    if (doubtful.length > 0) {
      const changes = await this.#changesSince(sql, doubtful, { head, rowKeys });
      for (const build of doubtful) {
        const count = changes.get(build.table) ?? 0;
        const left = this.#limitOf(build) - count;
        if (left < 0) this.#stale.add(build.id);
        else this.#freshUntil.set(build.id, head.seq + BigInt(left));
        if (count === 0) unchanged.add(build.id);
      }
    }
    const stale = new Set(builds.filter(({ id }) => this.#stale.has(id)).map(({ id }) => id));
    return { stale, unchanged };
  }

  /** Per table; infinite where there are more changes than are looked at. */
  async #changesSince(
    sql: Pick<SqlConnection, 'query'>,
    builds: readonly FinishedBuild[],
    { head, rowKeys }: { readonly head: Position; readonly rowKeys: readonly string[] },
  ): Promise<ReadonlyMap<string, number>> {
    const { rows } = await sql.query(CHANGES_SINCE, [
      head.epoch,
      rowKeys,
      head.seq.toString(),
      builds.map(({ table }) => table),
      builds.map(({ content }) => content.position.seq.toString()),
      this.#lookedAt.toString(),
    ]);
    const changesOf = (row: Row) => (Number(row['looked_at']) < this.#lookedAt ? Number(row['changes']) : Infinity);
    return new Map(rows.map((row) => [row['table_name'] ?? '', changesOf(row)]));
  }

  #untilOf(build: FinishedBuild): bigint {
    return this.#freshUntil.get(build.id) ?? build.content.position.seq + BigInt(this.#limitOf(build));
  }

  #limitOf({ content }: FinishedBuild): number {
    const { percent, min, max } = this.#staleness;
    return Math.max(min, Math.min(max, Math.floor((content.rows * percent) / 100)));
  }
}

/**
 * One index scan per table, row key and side, each from where that table was read: a scan that they shared would spend what it may look at on
 * changes that one of them has long held. A migration is a change of every table: no rows are moved past it; nor past
 * history that is not kept any more, of which nobody can tell. Entries whose key moved are found by both sides, and count twice, which does no harm.
 */
const CHANGES_SINCE = /* sql */ `
  select b.table_name, sum(seen.of_table)::text as changes, max(seen.looked_at)::text as looked_at
  from unnest($4::text[], $5::bigint[]) b (table_name, after)
  cross join unnest($2::text[]) k (row_key)
  cross join lateral (
    select count(*) filter (where h.table_name = b.table_name) as of_table, count(*) as looked_at from (
      select table_name from sync.change_history
      where scope_new = k.row_key and seq > b.after and seq <= $3 and epoch = $1
      order by seq limit $6::bigint) h
    union all
    select count(*) filter (where h.table_name = b.table_name), count(*) from (
      select table_name from sync.change_history
      where scope_old = k.row_key and scope_old is not null and scope_old is distinct from scope_new
        and seq > b.after and seq <= $3 and epoch = $1
      order by seq limit $6::bigint) h
    union all
    select 0, case when (select min(seq) from sync.change_history where epoch = $1) > b.after + 1 then $6::bigint else 0 end
    union all
    select count(*), 0 from sync.change_history
    where table_name = '${MIGRATION_TABLE}' and seq > b.after and seq <= $3 and epoch = $1
  ) seen
  group by b.table_name`;
