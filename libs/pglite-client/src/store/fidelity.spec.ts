import { must, silentLogger, systemRandom, type PgText } from '@millrace/kernel';
import { encodeSnapshot, decodeSnapshot, type SnapshotPart } from '@millrace/hydration';
import { rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { ClientStore } from '../core/ports/client-store.js';
import { localDatabase } from '../client/local-database.js';
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
    return store.apply([{ position: at((seq += 1)), changes: [change], ack: null }]);
  };

  beforeAll(async () => {
    pg = await openPGlite();
    store = pgliteStore({ pg, schema, newClientId: systemRandom.uuid(), logger: silentLogger });
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

  it('by snapshot, in the bytes of the wire, with a pending change over it', async () => {
    const source = await openPGlite();
    const parts: SnapshotPart[] = [
      { kind: 'header', schemaVersion: '1.0.0', position: json(seq), tables: tables.map((table) => table.name) },
    ];
    let rows = 0;
    for (const table of tables) {
      const type = must(table.columns[1], 'v').clientType;
      const values = [...(VALUES[type] ?? []), null];
      await source.exec(`create table ${table.name} (id integer, v ${type}, other text)`);
      const sql = pgliteConnection(source);
      for (const [index, value] of values.entries())
        await sql.query(`insert into ${table.name} values ($1, $2::text::${type}, null)`, [String(index + 1), value]);
      const { blob } = await source.query(`copy ${table.name} to '/dev/blob' with (format binary)`);
      parts.push({ kind: 'table', name: table.name, columns: ['id', 'v', 'other'], rowEstimate: values.length });
      parts.push({ kind: 'rows', bytes: new Uint8Array(await must(blob, 'a blob').arrayBuffer()) });
      parts.push({ kind: 'table-end', rows: values.length });
      rows += values.length;
    }
    parts.push({ kind: 'end', position: json(seq), rows });
    await localDatabase({ pg, schema, validate: null, onRecorded: () => undefined }).query(
      `insert into t0 (id, v) values (77, 1)`,
    );
    await store.hydrate(decodeSnapshot(chunks(parts)));
    for (const table of tables) {
      const query = `select v from ${table.name} where id < 77 order by id`;
      expect((await pgliteConnection(pg).query(query)).rows).toEqual(
        (await pgliteConnection(source).query(query)).rows,
      );
    }
    expect((await pgliteConnection(pg).query('select id from t0 where id = 77')).rows).toEqual([{ id: '77' }]);
    await source.close();
  });
});

function json(seq: number) {
  return { epoch: EPOCH, seq: String(seq), chain: at(seq).chain };
}

async function* chunks(parts: readonly SnapshotPart[]): AsyncGenerator<Uint8Array> {
  yield* encodeSnapshot(parts);
}
