import { SqlError, SyncError } from '@millrace/kernel';
import { hashTable, TABLE_HASH_ALGORITHM } from '@millrace/hydration';
import { quoteIdent, quoteTable, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import { knownTable } from '../core/fold-changes.js';
import type { ChunkLoad, TableLoad } from '../core/ports/client-store.js';
import { blobOf } from './blob-of.js';
import { copyTextOf } from './copy-text.js';
import { sqlErrorOf } from './pglite-text.js';
import { readAhead } from './read-ahead.js';
import { AT_ONCE, emptyTables } from './empty-tables.js';
import { shadowOf } from './shadow-tables.js';
import { addPrimaryKey } from './table-ddl.js';
import type { StoreTransaction } from './text-sql.js';

/** Runs statements: inside one transaction that holds the whole load, or as a transaction of their own. */
export type RunStatements = <T>(work: (sql: StoreTransaction) => Promise<T>) => Promise<T>;

export interface LoadOptions {
  readonly run: RunStatements;
  /** Whether `run` is one transaction: then its rows need no write-ahead log and are born frozen. */
  readonly oneTransaction: boolean;
  readonly onProgress: (rows: number) => void;
  /** Called between chunks with the bytes of the one that was loaded. */
  readonly afterChunk: (bytes: number) => Promise<void>;
  /** Called where new files are about to be wanted. */
  readonly makeRoom: () => Promise<void>;
}

/** A table, and the rows that are to be its. */
export interface CheckedLoad {
  readonly table: TableMeta;
  readonly load: TableLoad;
  /** Whether they are loaded into its shadow, to take its place later; else into the table itself, which is emptied first. */
  readonly aside: boolean;
}

/** Throws `snapshot-corrupt` if a load is not of the schema's columns. */
export function checkLoads(
  schema: SchemaMeta,
  loads: readonly TableLoad[],
  isAside: (load: TableLoad) => boolean,
): readonly CheckedLoad[] {
  return loads.map((load) => {
    const table = knownTable(schema, load.name);
    const expected = table.columns.map((column) => column.name);
    if (JSON.stringify([...load.columns].sort()) !== JSON.stringify([...expected].sort()))
      throw corrupt(table, "other columns than the schema's");
    return { table, load, aside: isAside(load) };
  });
}

/** Loads the tables, shadows made anew, and proves that they hold what was announced [S6]. Throws `snapshot-corrupt` if they do not. */
export async function loadTables(loads: readonly CheckedLoad[], options: LoadOptions): Promise<void> {
  const { run, oneTransaction, onProgress, afterChunk, makeRoom } = options;
  const renewed = await run((sql) => emptyTables(sql, loads, makeRoom));
  const left = new Map(loads.map((each) => [each, each.load.chunks.length]));
  for (const each of loads) if (each.load.chunks.length === 0) await finishTable(options, each);
  const chunks = loads.flatMap((each) => each.load.chunks.map((chunk) => ({ each, chunk })));
  let rows = 0;
  let keys = 0;
  for await (const [{ each, chunk }, bytes] of readAhead(chunks, (item) => item.chunk.read())) {
    await run((sql) => copyChunk(sql, { each, chunk, bytes, freeze: oneTransaction && renewed.has(each) }));
    onProgress((rows += chunk.rows));
    const more = (left.get(each) ?? 0) - 1;
    left.set(each, more);
    if (more === 0) {
      if (each.aside && ++keys % AT_ONCE === 0) await makeRoom(); // a key is a file more
      await finishTable(options, each);
    }
    await afterChunk(bytes.length);
  }
}

function targetOf({ table, aside }: CheckedLoad): TableMeta {
  return aside ? shadowOf(table) : table;
}

interface ChunkCopy {
  readonly each: CheckedLoad;
  readonly chunk: ChunkLoad;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly freeze: boolean;
}

async function copyChunk(sql: StoreTransaction, { each, chunk, bytes, freeze }: ChunkCopy): Promise<void> {
  const { table, load } = each;
  const columns = load.columns.map(quoteIdent).join(', ');
  const format = load.format === 'binary' ? 'binary' : 'text';
  const file = load.format === 'binary' ? bytes : new TextEncoder().encode(copyTextOf(bytes, load.columns.length));
  const copy = `copy ${quoteTable(targetOf(each).name)} (${columns}) from '/dev/blob' with (format ${format}${freeze ? ', freeze' : ''})`;
  const { affectedRows } = await asCorrupt(table, () => sql.raw.query(copy, [], { blob: blobOf(file) }));
  if (affectedRows !== chunk.rows) throw corrupt(table, `a chunk of ${chunk.rows} rows came with ${affectedRows}`);
}

/** Its key, its secondary indexes once a schema can name some, and the proof. */
async function finishTable({ run }: LoadOptions, each: CheckedLoad): Promise<void> {
  const { table, load, aside } = each;
  if (aside) await run((sql) => asCorrupt(table, () => sql.raw.exec(addPrimaryKey(shadowOf(table)))));
  const { algorithm, count, hash } = load.hash;
  const found = await run((sql) => hashTable(sql, targetOf(each)));
  if (found.count !== count) throw corrupt(table, `${count} rows were announced, ${found.count} came`);
  if (algorithm === TABLE_HASH_ALGORITHM && found.hash !== hash) throw corrupt(table, 'its rows have another hash');
}

/** What Postgres says of bytes that it cannot take (classes 22 data, 23 constraint) is said of the snapshot. */
async function asCorrupt<T>(table: TableMeta, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const said = sqlErrorOf(error);
    if (said instanceof SqlError && /^2[23]/.test(said.code)) throw corrupt(table, said.message, said);
    throw error;
  }
}

function corrupt(table: TableMeta, what: string, cause?: unknown): SyncError {
  return new SyncError('snapshot-corrupt', `the snapshot does not add up: ${table.name}: ${what}`, { cause });
}
