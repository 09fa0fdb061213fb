import { PGlite } from '@electric-sql/pglite';
import { beginEpoch, readPosition } from '@millrace/change-history';
import { must, parseLsn, positionToJson, silentLogger, systemClock } from '@millrace/kernel';
import type { CopySession, Lsn, Position } from '@millrace/kernel';
import { migrateEngine } from '@millrace/migrations-server';
import { connectPg } from '@millrace/postgres';
import { quoteIdent, quoteTable, rule, type ColumnMeta, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { ServerMessage } from '@millrace/sync-protocol';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { concat } from '../fixtures/copy-bytes.js';
import { decodeSnapshot } from '../format/decode-snapshot.js';
import type { SnapshotPart } from '../format/snapshot-part.js';
import { streamSnapshot, type StreamSnapshotOptions } from './stream-snapshot.js';

const SLOT = 'snapshot_spec';

/** Column → server type, type in the replica, SQL expressions of its values. Each type with what text and numbers of JS would lose (I10). */
const TYPES: Readonly<Record<string, readonly [type: string, clientType: string, ...values: string[]]>> = {
  big: ['bigint', 'bigint', '9007199254740993', '-9223372036854775808', 'null'],
  exact: ['numeric', 'numeric', '12345678901234567890123456789012345678901234567890.5', `'NaN'`, `'-Infinity'`],
  scaled: ['numeric(12,2)', 'numeric(12,2)', '1.10', '-0.01', '0'],
  double: ['double precision', 'double precision', `'NaN'`, `'Infinity'`, '0.1'],
  single: ['real', 'real', `'-Infinity'`, '0.1', '1e-45'],
  day: ['date', 'date', `'infinity'`, `'0044-03-15 BC'`, `'2026-02-28'`],
  moment: [
    'timestamp with time zone',
    'timestamp with time zone',
    `'-infinity'`,
    `'2026-01-02 03:04:05.123456+02'`,
    'null',
  ],
  wall: [
    'timestamp without time zone',
    'timestamp without time zone',
    `'infinity'`,
    `'2026-01-02 03:04:05.000001'`,
    'null',
  ],
  hour: ['time with time zone', 'time with time zone', `'24:00:00-12'`, `'00:00:00.000001+01'`, 'null'],
  span: ['interval', 'interval', `'-1 year 2 months -3 days 4.000005 seconds'`, `'0'`, 'null'],
  bytes: ['bytea', 'bytea', `'\\x00ff00'`, `''`, 'null'],
  list: ['text[]', 'text[]', `array['a,b', '"', null, '', 'NULL']`, `'{}'`, 'null'],
  nested: ['integer[]', 'integer[]', `'[0:1][-1:0]={{1,2},{3,null}}'`, `'{{{1}}}'`, 'null'],
  span_of_days: ['daterange', 'daterange', `'[2026-01-01,2026-02-01)'`, `'empty'`, `'(,)'`],
  spans: ['int8multirange', 'int8multirange', `'{[1,3),[9007199254740993,)}'`, `'{}'`, 'null'],
  json: ['jsonb', 'jsonb', `'{"n": 12345678901234567890.123, "a": [1e400, null], "": "🦊"}'`, `'null'`, 'null'],
  raw: ['json', 'json', `'{"b": 1,  "b": 2}'`, `'"\\u0041"'`, 'null'],
  mood: ['mood', 'text', `'happy'`, `'so, so'`, 'null'],
  moods: ['mood[]', 'text[]', `array['happy', null]::mood[]`, `'{}'`, 'null'],
  grown: ['grown', 'text', '18', '99', 'null'],
  code: ['character(5)', 'character(5)', `'ab'`, `''`, `'abcde'`],
  words: ['text', 'text', `''`, `'🦊 ☃ tab\t newline\n backslash \\'`, `repeat('🦊', 262144)`],
  flag: ['boolean', 'boolean', 'true', 'false', 'null'],
  ident: ['uuid', 'uuid', `'018f0000-0000-4000-8000-000000000000'`, 'null', 'null'],
  net: ['inet', 'inet', `'10.0.0.1/8'`, `'::1'`, 'null'],
  bits: ['bit varying(9)', 'bit varying(9)', `b'101'`, `b''`, 'null'],
  select: ['text', 'text', `'a column named like a keyword'`, 'null', 'null'],
};

const every: TableMeta = tableMeta('every_type', [
  ['id', 'integer', 'integer'],
  ...Object.entries(TYPES).map(([name, [type, client]]) => [name, type, client] as const),
]);
const scoped: TableMeta = {
  ...tableMeta('odd."schema', [
    ['id', 'integer', 'integer'],
    ['tenant_id', 'text', 'text'],
    ['secret_of', 'text', 'text'],
  ]),
  read: rule.claim('tenant_id', 'tenantId'),
};
const schema: SchemaMeta = { version: '1.0.0', tables: [scoped, every] };

function tableMeta(name: string, columns: readonly (readonly [string, string, string])[]): TableMeta {
  return {
    name,
    entity: name,
    columns: columns.map(
      ([column, type, clientType]): ColumnMeta => ({
        name: column,
        property: column,
        type,
        clientType,
        nullable: true,
        default: null,
        setBy: 'client',
      }),
    ),
    serverOnly: [],
    key: ['id'],
    versionColumn: null,
    policy: 'last-write-wins',
    read: rule.all(),
    write: null,
  };
}

let database: TestDatabase;
let admin: CopySession;

beforeAll(async () => {
  database = await acquireDatabase();
  await migrateEngine({ url: database.url, log: () => undefined });
  admin = await connect();
  await admin.query(`create type mood as enum ('happy', 'so, so'); create domain grown as int check (value > 17);
    create schema odd; create table ${quoteTable(scoped.name)}(id int primary key, tenant_id text, secret_of text, hidden text);
    create table every_type(id int primary key, ${Object.entries(TYPES)
      .map(([name, [type]]) => `${quoteIdent(name)} ${type}`)
      .join(', ')})`);
  for (const index of [0, 1, 2]) {
    const values = Object.values(TYPES).map(([, , ...list]) => list[index]);
    await admin.query(`insert into every_type values (${index}, ${values.join(', ')})`);
  }
  await admin.query(`insert into ${quoteTable(scoped.name)} select g, case g % 3 when 0 then 'a' when 1 then 'b''; --' end, repeat('x', 100), 'never'
    from generate_series(1, 3000) g`);
  await beginEpoch(admin, {
    slot: SLOT,
    epoch: '018f0000-0000-4000-8000-000000000000',
    cause: 'spec',
    afterSeq: 41n,
    startLsn: parseLsn('0/100'),
    systemIdentifier: '1',
    timeline: 1,
    schemaVersion: '1.0.0',
  });
});
afterAll(async () => {
  await admin.close();
  await database[Symbol.asyncDispose]();
});

function connect(): Promise<CopySession> {
  return connectPg({ connectionString: database.url, applicationName: 'snapshot-spec' });
}

const S = async (): Promise<Position> => must(await readPosition(admin, SLOT), 'history has begun');

type Overrides = Partial<Omit<StreamSnapshotOptions, 'sql'>>;

/** The parts of a snapshot for tenant a; `sql` is closed afterwards. */
async function* snapshot(overrides: Overrides = {}): AsyncGenerator<SnapshotPart> {
  const sql = await connect();
  try {
    yield* decodeSnapshot(streamSnapshot({ sql, ...options(), ...overrides }));
  } finally {
    await sql.close();
  }
}

function options(): Omit<StreamSnapshotOptions, 'sql'> {
  return {
    schema,
    claims: { tenantId: 'a' },
    slot: SLOT,
    waitForCapture: () => S(),
    readTail: async function* () {},
    logger: silentLogger,
    clock: systemClock,
    signal: new AbortController().signal,
  };
}

async function collect(overrides: Overrides = {}): Promise<SnapshotPart[]> {
  const parts: SnapshotPart[] = [];
  for await (const part of snapshot(overrides)) parts.push(part);
  return parts;
}

async function backends(): Promise<string | null> {
  const { rows } = await admin.query(
    `select count(*)::text as n from pg_stat_activity where application_name = 'snapshot-spec' and pid <> pg_backend_pid() and backend_xmin is not null and backend_type = 'client backend'`,
  );
  return rows[0]?.['n'] ?? null;
}

function bytesOf(parts: readonly SnapshotPart[], table: string): Uint8Array {
  const from = parts.findIndex((part) => part.kind === 'table' && part.name === table);
  const to = parts.findIndex((part, index) => index > from && part.kind === 'table-end');
  return concat(parts.slice(from, to).flatMap((part) => (part.kind === 'rows' ? [part.bytes] : [])));
}

describe('[S1][S2] streamSnapshot', () => {
  it('begins at S, holds each table in scope with its columns, and ends at H after the tail', async () => {
    const start = await S();
    const end: Position = { ...start, seq: start.seq + 1n };
    const waited: Lsn[] = [];
    const ranges: [Position, Position][] = [];
    const tail: ServerMessage[] = [{ type: 'begin', from: start.seq.toString(), time: null }];
    const before = (await admin.query('select pg_current_wal_insert_lsn() as lsn')).rows[0]?.['lsn'] ?? '';
    const parts = await collect({
      waitForCapture: async (lsn) => {
        waited.push(lsn);
        expect(await backends()).toBe('0');
        return end;
      },
      readTail: async function* (after, upTo) {
        ranges.push([after, upTo]);
        yield [];
        yield tail;
      },
    });
    expect(parts[0]).toEqual({
      kind: 'header',
      schemaVersion: '1.0.0',
      position: positionToJson(start),
      tables: [scoped.name, every.name],
    });
    expect(parts[1]).toMatchObject({ kind: 'table', name: scoped.name, columns: ['id', 'tenant_id', 'secret_of'] });
    expect(parts.at(-1)).toEqual({ kind: 'end', position: positionToJson(end), rows: 1003 });
    expect(parts.filter(({ kind }) => kind === 'table-end')).toEqual([
      { kind: 'table-end', rows: 1000 },
      { kind: 'table-end', rows: 3 },
    ]);
    expect(parts.filter(({ kind }) => kind === 'tail')).toEqual([{ kind: 'tail', messages: tail }]);
    expect(ranges).toEqual([[start, end]]);
    expect(waited[0]).toBeGreaterThanOrEqual(parseLsn(before));
  });

  it('I8: holds no row of another tenant and no column of the server', async () => {
    const parts = await collect({ claims: { tenantId: `b'; --` } });
    const text = new TextDecoder().decode(bytesOf(parts, scoped.name));
    expect(parts.find(({ kind }) => kind === 'table-end')).toEqual({ kind: 'table-end', rows: 1000 });
    expect(text).toContain(`b'; --`);
    expect(text).not.toContain('never');
    const nothing = await collect({ claims: {} });
    expect(nothing.find(({ kind }) => kind === 'table-end')).toEqual({ kind: 'table-end', rows: 0 });
  });

  it('I10: every type reads the same in PGlite', async () => {
    const parts = await collect();
    const replica = await PGlite.create();
    const columns = every.columns.map(({ name, clientType }) => `${quoteIdent(name)} ${clientType}`);
    await replica.exec(`create table every_type(${columns.join(', ')}, primary key (id))`);
    await replica.exec(PINS);
    const blob = new Blob([bytesOf(parts, every.name) as BlobPart]);
    await replica.query(`copy every_type from '/dev/blob' (format binary)`, [], { blob });
    const asText = every.columns.map(({ name }) => `${quoteIdent(name)}::text`).join(', ');
    const query = `select ${asText} from every_type order by id`;
    const there = (await replica.query<Record<string, string | null>>(query)).rows;
    const here = (await admin.query(query)).rows.map((row) => ({ ...row }));
    expect(there).toEqual(here);
    expect(here).toHaveLength(3);
    expect(here[2]?.['words']).toHaveLength(2 * 262_144);
    await replica.close();
  });

  it('reads all rows from one moment, whatever is committed meanwhile', async () => {
    let rows = '';
    for await (const part of snapshot()) {
      if (part.kind === 'header') {
        await admin.query(`insert into every_type(id, words) values (100, 'too late')`);
        await admin.query(`update ${quoteTable(scoped.name)} set secret_of = 'too late' where tenant_id = 'a'`);
      }
      if (part.kind === 'rows') rows += new TextDecoder().decode(part.bytes);
    }
    expect(rows).not.toContain('too late');
    await admin.query('delete from every_type where id = 100');
  });

  it('gives way to DDL that holds a table, and says so', async () => {
    const ddl = await connect();
    await ddl.query('begin');
    await ddl.query('lock table every_type in access exclusive mode');
    await expect(collect()).rejects.toMatchObject({
      code: 'snapshot-failed',
      message: expect.stringContaining('55P03'),
    });
    await ddl.query('rollback');
    await ddl.close();
    expect((await collect()).at(-1)?.kind).toBe('end');
  });

  it.each(['return', 'abort'] as const)('lets transaction and backend go when its reader leaves (%s)', async (way) => {
    await admin.query(
      `insert into ${quoteTable(scoped.name)} select g, 'a', repeat('y', 1000) from generate_series(10000, 60000) g`,
    );
    const sql = await connect();
    const leaving = new AbortController();
    const blocks = streamSnapshot({ sql, ...options(), signal: leaving.signal });
    for (let count = 0; count < 8; count += 1) await blocks.next();
    expect(await backends()).toBe('1');
    if (way === 'abort') leaving.abort();
    await blocks.return();
    while ((await backends()) !== '0') await admin.query('select pg_sleep(0.02)');
    await sql.close();
    await admin.query(`delete from ${quoteTable(scoped.name)} where id >= 10000`);
  });

  it('lets the transaction go when its time is over, even if the reader does not move', async () => {
    await admin.query(
      `insert into ${quoteTable(scoped.name)} select g, 'a', repeat('y', 1000) from generate_series(10000, 60000) g`,
    );
    const parts = snapshot({ readMs: 300 });
    for (let count = 0; count < 4; count += 1) await parts.next();
    while ((await backends()) !== '0') await admin.query('select pg_sleep(0.02)');
    const rest = async () => {
      for await (const _part of parts) continue;
    };
    await expect(rest()).rejects.toMatchObject({ code: 'timeout' });
    await admin.query(`delete from ${quoteTable(scoped.name)} where id >= 10000`);
  });

  it('fails, and does not hang, when capture does not come', async () => {
    await expect(collect({ waitForCapture: () => new Promise(() => undefined), captureMs: 50 })).rejects.toMatchObject({
      code: 'timeout',
    });
  });

  it('I12: begins again when a new history began meanwhile', async () => {
    const other: Position = { ...(await S()), epoch: '018f0000-0000-4000-8000-00000000000f' };
    await expect(collect({ waitForCapture: async () => other })).rejects.toMatchObject({ code: 'snapshot-failed' });
  });

  it('I8: tells of a failing table without its SQL or its rows', async () => {
    const broken: SchemaMeta = {
      ...schema,
      tables: [scoped, { ...every, columns: [...every.columns, column('not_there')] }],
    };
    const error = await collect({ schema: broken }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'snapshot-failed' });
    expect(String(error)).not.toMatch(/select|not_there|every_type/);
  });
});

const PINS = `set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601'; set extra_float_digits = 1; set bytea_output = 'hex'`;

function column(name: string): ColumnMeta {
  return { name, property: name, type: 'text', clientType: 'text', nullable: true, default: null, setBy: 'client' };
}
