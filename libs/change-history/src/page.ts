import { LIMITS } from '@millrace/sync-protocol';
import type { Position, SqlConnection } from '@millrace/kernel';
import { proveCursor } from './cursor-proof.js';
import type { HistoryPage } from './history-transaction.js';
import { STORED_ENTRY_COLUMNS, transactionFromStored } from './stored-entry.js';
import { tablesToFill } from './too-large.js';
import { groupByTransaction, type StoredTransaction } from './transaction-groups.js';

export interface PageRequest {
  /** The reader's cursor. */
  readonly after: Position;
  /** Where the ReplicationDO's stored history ends: nothing beyond it is served [H5]. */
  readonly upTo: Position;
  readonly rowKeys: readonly string[];
  /** Most changes in the page (default `LIMITS.pageEntries`). */
  readonly maxEntries?: number;
  /** Most UTF-16 units of row data in the page, by and large (default `LIMITS.pageChars`). */
  readonly maxChars?: number;
  /** Per table, the seq (decimal text) up to which the reader's rows hold its history: changes at or below it are left out [S2]. */
  readonly held?: Readonly<Record<string, string>>;
}

export type PageResult =
  /** `complete`: the page reaches `upTo`; otherwise the next one begins at its `to`. */
  | { readonly kind: 'page'; readonly page: HistoryPage; readonly complete: boolean }
  | { readonly kind: 'cursor-unknown' | 'below-horizon' | 'epoch-changed' }
  /**
   * The next transaction is above `LIMITS.transactionRows` or `transactionChars` for these row keys: it is not streamed [D4]. Once these tables
   * have been read at or above its end, `position`, the rest of it is.
   */
  | { readonly kind: 'transaction-too-large'; readonly position: Position; readonly tables: readonly string[] };

/**
 * The transactions in (after, upTo] that touch a set of row keys, in order, each whole. A transaction that alone exceeds the page's size is
 * returned alone, up to the limits of [D4].
 */
export async function readPage(sql: SqlConnection, request: PageRequest): Promise<PageResult> {
  const { after, upTo, maxEntries = LIMITS.pageEntries, maxChars = LIMITS.pageChars } = request;
  const proof = await proveCursor(sql, after, upTo);
  if (proof !== 'proven') return { kind: proof };
  if (after.seq === upTo.seq) return pageOf(after, upTo, []);

  const hits = await readHits(sql, request, { afterSeq: after.seq, upToSeq: upTo.seq, maxEntries, maxChars });
  if (!hits.cut) return pageOf(after, upTo, hits.groups);
  // The last transaction of a cut page may be there in part only.
  const whole = hits.groups.slice(0, -1);
  if (whole.length > 0) return pageUntilLast(after, whole);
  return pageOfOneLarge(sql, request, hits.groups[0] as StoredTransaction);
}

interface HitRange {
  readonly afterSeq: bigint;
  readonly upToSeq: bigint;
  readonly maxEntries: number;
  readonly maxChars: number;
}

/** What touches the row keys ($2) in ($3, $4] and is not held ($6): seq by seq, each side by its own index. `each` ends the scan of a key. */
function hitsOf(each: string): string {
  const range = 'seq > $3 and seq <= $4 and epoch = $1 and seq > coalesce(($6::text::jsonb ->> table_name)::bigint, 0)';
  return /* sql */ `
    select distinct seq from (
      select h.seq from unnest($2::text[]) k (row_key) cross join lateral (
        select seq from sync.change_history
        where scope_new = k.row_key and ${range} ${each}) h
      union all
      select h.seq from unnest($2::text[]) k (row_key) cross join lateral (
        select seq from sync.change_history
        where scope_old = k.row_key and scope_old is not null and scope_old is distinct from scope_new
          and ${range} ${each}) h
    ) both_sides`;
}

/**
 * One index scan per row key and side; the first `$5` of each are merged by seq. Sizes are summed in order, and the row that crosses the bound is
 * the last one returned. The last columns say where each row's transaction ends, since a cursor rests nowhere else (I4).
 */
export const PAGE_SQL = /* sql */ `
  with hits as materialized (
    ${hitsOf('order by seq limit $5')} order by seq limit $5
  ),
  sized as (
    select ${STORED_ENTRY_COLUMNS}, (select count(*) from hits) as hit_count,
      sum(coalesce(length(h.data::text), 0) + coalesce(length(h.old_data::text), 0)) over (order by h.seq rows between unbounded preceding and 1 preceding) as chars_before
    from hits join sync.change_history h on h.epoch = $1 and h.seq = hits.seq
  )
  select sized.*, e.seq as end_seq, e.chain as end_chain
  from sized cross join lateral (
    select seq, chain from sync.change_history
    where epoch = $1 and seq >= sized.seq and chain is not null order by seq limit 1) e
  where coalesce(chars_before, 0) <= $7
  order by sized.seq`;

/** How much of one transaction each table takes; not cut, since all of it has to be weighed. */
const SIZES_SQL = /* sql */ `
  with hits as materialized (${hitsOf('and $5::int is not null')})
  select h.table_name, count(*) as rows, sum(coalesce(length(h.data::text), 0) + coalesce(length(h.old_data::text), 0)) as chars
  from hits join sync.change_history h on h.epoch = $1 and h.seq = hits.seq
  group by h.table_name`;

async function readHits(sql: SqlConnection, request: PageRequest, range: HitRange) {
  const { rows } = await sql.query(PAGE_SQL, [...hitParams(request, range), String(range.maxChars)]);
  const hitCount = Number(rows[0]?.['hit_count'] ?? 0);
  return { groups: groupByTransaction(rows), cut: hitCount > range.maxEntries || rows.length < hitCount };
}

function hitParams({ upTo, rowKeys, held = {} }: PageRequest, range: HitRange) {
  return [
    upTo.epoch,
    rowKeys,
    range.afterSeq.toString(),
    range.upToSeq.toString(),
    String(range.maxEntries + 1),
    JSON.stringify(held),
  ];
}

function pageOf(from: Position, to: Position, groups: readonly StoredTransaction[]): PageResult {
  const transactions = groups.map((rows) => transactionFromStored(to.epoch, rows));
  return { kind: 'page', page: { from, to, transactions }, complete: true };
}

function pageUntilLast(from: Position, groups: readonly StoredTransaction[]): PageResult {
  const transactions = groups.map((rows) => transactionFromStored(from.epoch, rows));
  const to = transactions.at(-1)?.position ?? from;
  return { kind: 'page', page: { from, to, transactions }, complete: false };
}

async function pageOfOneLarge(sql: SqlConnection, request: PageRequest, part: StoredTransaction): Promise<PageResult> {
  const { position, firstSeq } = transactionFromStored(request.upTo.epoch, part);
  const { transactionRows, transactionChars } = LIMITS;
  const range = {
    afterSeq: firstSeq - 1n,
    upToSeq: position.seq,
    maxEntries: transactionRows,
    maxChars: transactionChars,
  };
  const hits = await readHits(sql, request, range);
  if (hits.cut) return { kind: 'transaction-too-large', position, tables: await largestTables(sql, request, range) };
  const result = pageUntilLast(request.after, hits.groups);
  return result.kind === 'page' ? { ...result, complete: position.seq === request.upTo.seq } : result;
}

async function largestTables(sql: SqlConnection, request: PageRequest, range: HitRange): Promise<readonly string[]> {
  const { rows } = await sql.query(SIZES_SQL, hitParams(request, range));
  const sizes = rows.map((row) => ({
    table: row['table_name'] as string,
    rows: Number(row['rows']),
    chars: Number(row['chars']),
  }));
  return tablesToFill(sizes);
}
