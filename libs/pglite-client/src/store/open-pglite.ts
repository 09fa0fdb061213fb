import { PGlite, types, type PGliteOptions } from '@electric-sql/pglite';

/** A Postgres in this process, opened with our settings. */
export type LocalPostgres = PGlite;

/** Types whose values JS numbers and Dates cannot hold: they stay strings (I10). */
const AS_TEXT = [
  types.INT8,
  types.NUMERIC,
  types.DATE,
  types.TIME,
  types.TIMETZ,
  types.TIMESTAMP,
  types.TIMESTAMPTZ,
  types.INTERVAL,
];

/** Little WAL, since there is no replication from here, and files that grow without being copied each time. */
const CONFIGURATION = [
  'file_extend_method=write_zeros',
  'shared_buffers=32MB',
  'max_wal_size=64MB',
  'min_wal_size=32MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'timezone=UTC',
  'intervalstyle=iso_8601',
];

/** Opens a PGlite. `options`: its place and, if it was prefetched, its code. */
export async function openPGlite(options: PGliteOptions = {}): Promise<PGlite> {
  const pg = await PGlite.create({
    ...options,
    postgresqlconf: CONFIGURATION,
    parsers: Object.fromEntries(AS_TEXT.map((oid) => [oid, (text: string) => text])),
  });
  // A statement with parsers of its own copies all of the database's, a few hundred: 0.15 ms. Inherited ones are found, and not copied.
  pg.parsers = Object.create(pg.parsers) as typeof pg.parsers;
  return pg;
}
