import {
  must,
  silentLogger,
  systemClock,
  systemRandom,
  type PgText,
  type Row,
  type SqlConnection,
} from '@millrace/kernel';
import { hashTable } from '@millrace/hydration';
import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { ClientStore, TableLoad } from '../core/ports/client-store.js';
import { idleWatch } from '../client/idle-watch.js';
import { localDatabase } from '../client/local-database.js';
import { ownWrites } from '../client/own-writes.js';
import { at, EPOCH } from '../testing/conformance/client-store-world.js';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteConnection } from './pglite-connection.js';
import { pgliteStore } from './pglite-store.js';

/** Type → values as Postgres prints them in a pinned session: each must read the same whichever way it came (I10). */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  bigint: ['9007199254740993', '-9223372036854775808'],
  smallint: ['-32768'],
  integer: ['2147483647'],
  'numeric(60,50)': ['0.12345678901234567890123456789012345678901234567890'],
  numeric: ['NaN', 'Infinity', '-Infinity', '1.50', '12345678901234567890123456789012345678901234567890'],
  'double precision': ['NaN', 'Infinity', '-Infinity', '0.1', '-0', '5e-324', '1.7976931348623157e+308'],
  real: ['0.1', 'NaN', '1e-45'],
  date: ['infinity', '-infinity', '2026-02-28', '0044-03-15 BC'],
  'timestamp without time zone': ['infinity', '-infinity', '2026-01-02 03:04:05.000001'],
  'timestamp with time zone': ['infinity', '-infinity', '2026-01-02 03:04:05.000001+00'],
  'time without time zone': ['24:00:00', '03:04:05.000001'],
  'time with time zone': ['03:04:05+02'],
  interval: ['P1Y2M3DT4H5M6.7S', 'PT0S', 'P-1D'],
  boolean: ['t', 'f'],
  bytea: ['\\x', '\\x00ff5c27'],
  text: ['', ' padded ', 'quote \' " \\ {} , NULL', '🦊 4 bytes', 'tab\tline\n', '\u001f', 'NULL'],
  'character(5)': ['ab   ', '     '],
  'character varying(5)': ['ab ', ''],
  '"char"': ['x'],
  uuid: ['00000000-0000-4000-8000-000000000001'],
  inet: ['10.0.0.1', '10.0.0.0/8', '::1'],
  cidr: ['10.0.0.0/8'],
  macaddr: ['08:00:2b:01:02:03'],
  json: ['{"b": 1,  "a":12345678901234567890.10}', 'null', '"x"', '{"a":1,"a":2}'],
  jsonb: ['{"a": 12345678901234567890.10}', 'null', '[]'],
  'text[]': ['{}', '{a,NULL,"NULL","","a b","q\\"\\\\"}', '{{a,b},{c,d}}', '[2:3]={x,y}'],
  'bigint[]': ['{9007199254740993,NULL}'],
  int4range: ['[1,5)', 'empty', '(,)'],
  tstzrange: ['["2026-01-01 00:00:00+00",infinity)'],
  int8multirange: ['{[1,3),[5,9)}'],
  'bit(3)': ['101'],
  'bit varying': ['1', ''],
  point: ['(1,2.5)'],
  tsvector: ["'a':1 'b':2A"],
  xid8: ['18446744073709551615'],
  pg_lsn: ['16/B374D848'],
};

const column = (name: string, type: string): ColumnMeta => ({
  name,
  property: name,
  type,
  clientType: type,
  nullable: true,
  default: null,
  setBy: 'client',
});
const tables = Object.keys(VALUES).map(
  (type, index): TableMeta => ({
    name: `t${index}`,
    entity: `T${index}`,
    columns: [column('id', 'integer'), column('v', type), column('other', 'text')],
    serverOnly: [],
    key: ['id'],
    versionColumn: null,
    policy: 'last-write-wins',
    read: rule.all(),
    write: rule.all(),
  }),
);
const schema: SchemaMeta = { version: '1.0.0', tables };
const cases = Object.entries(VALUES).flatMap(([type, values], index) =>
  [...values, null].map((value): [string, PgText, string] => [type, value, `t${index}`]),
);

describe('(I10) a value reads the same, however it came', () => {
  let pg: LocalPostgres;
  let store: ClientStore;
  let seq = 100;
  const read = async (table: string) => {
    const { rows } = await pgliteConnection(pg).query(`select v from ${table} where id = 1`);
    return rows[0]?.['v'];
  };
  const apply = (table: string, v: PgText, op: 'put' | 'patch') => {
    const change =
      op === 'put'
        ? ({ op, table, row: { id: '1', v, other: null } } as const)
        : ({ op, table, key: { id: '1' }, set: { v } } as const);
    return store.apply([{ position: at((seq += 1)), steps: [], changes: [change], ack: null }]);
  };

  beforeAll(async () => {
    pg = await openPGlite();
    store = pgliteStore({ pg, schema, newClientId: systemRandom.uuid(), logger: silentLogger, clock: systemClock });
    await store.open();
    await store.registered(EPOCH);
  });
  afterAll(() => store.close());

  it.each(cases)('%s %j', async (type, value, table) => {
    const sql = pgliteConnection(pg);
    await apply(table, value, 'put');
    expect(await read(table)).toBe(value);
    await apply(table, null, 'patch');
    await apply(table, value, 'patch');
    expect(await read(table)).toBe(value);

    // A pending write of another column: the row goes through capture, base and re-base.
    await sql.query(`update ${table} set other = 'mine'`);
    await apply(table, value, 'put');
    expect(await read(table)).toBe(value);
    const touched = (await store.pending()).at(-1);
    await sql.query(`update ${table} set v = null`);
    await sql.query(`update ${table} set v = $1::text::${type}`, [value]);
    const recorded = (await store.pending()).flatMap((mutation) => mutation.changes);
    if (value !== null) expect(recorded.map(({ set }) => set['v'])).toEqual([undefined, null, value]);
    if (value !== null) expect(recorded[1]?.old['v']).toBe(value);
    expect(touched?.changes).toMatchObject([{ set: { other: 'mine' } }]);
    expect(await read(table)).toBe(value);
    await store.settle(
      (await store.pending()).map(({ mutationId, txId }) => ({ mutationId, txId, verdict: 'accepted', reason: null })),
    );
    expect(await read(table)).toBe(value);
  });

  it.each(['binary', 'json'] as const)('by snapshot in format %s, with a pending change over it', async (format) => {
    const source = await openPGlite();
    const sql = pgliteConnection(source);
    const loads: TableLoad[] = [];
    for (const table of tables) {
      await fillSource(source, table);
      const bytes = format === 'binary' ? await copyOf(source, table) : jsonOf(await rowsOf(sql, table));
      const hash = await hashTable(sql, table);
      const rows = Number(hash.count);
      const columns = table.columns.map((each) => each.name);
      loads.push({
        name: table.name,
        format,
        columns,
        rows,
        hash,
        chunks: [{ rows, read: () => Promise.resolve(bytes) }],
      });
    }
    const watch = idleWatch(systemClock);
    const local = localDatabase({
      pg,
      schema: () => schema,
      validate: null,
      watch,
      own: ownWrites(),
      onRecorded: () => undefined,
    });
    await local.query(`insert into t0 (id, v) values (77, 1)`);
    const position = at((seq += 1));
    await store.hydrate({ tables: loads, tail: [], position, scope: 'all', onProgress: () => undefined });
    for (const table of tables) {
      expect(await rowsOf(pgliteConnection(pg), table)).toEqual(await rowsOf(sql, table));
    }
    expect((await pgliteConnection(pg).query('select id from t0 where id = 77')).rows).toEqual([{ id: '77' }]);
    await local.query('delete from t0 where id = 77');
    await source.close();
  });
});

/** A table of the same columns as the replica's, with all values of its type and a null. */
async function fillSource(source: LocalPostgres, table: TableMeta): Promise<void> {
  const type = must(table.columns[1], 'v').clientType;
  await source.exec(`create table ${table.name} (id integer, v ${type}, other text)`);
  for (const [index, value] of [...(VALUES[type] ?? []), null].entries())
    await pgliteConnection(source).query(`insert into ${table.name} values ($1, $2::text::${type}, null)`, [
      String(index + 1),
      value,
    ]);
}

async function copyOf(source: LocalPostgres, table: TableMeta): Promise<Uint8Array<ArrayBuffer>> {
  const { blob } = await source.query(`copy ${table.name} to '/dev/blob' with (format binary)`);
  return new Uint8Array(await must(blob, 'a blob').arrayBuffer());
}

/** As Postgres prints them, that is as the server sends them in format `json`. */
async function rowsOf(sql: SqlConnection, table: TableMeta): Promise<readonly Row[]> {
  return (await sql.query(`select * from ${table.name} where id < 77 order by id`)).rows;
}

function jsonOf(rows: readonly Row[]): Uint8Array<ArrayBuffer> {
  const lines = rows.map((row) => `${JSON.stringify([row['id'], row['v'], row['other']])}\n`);
  return new TextEncoder().encode(lines.join(''));
}
