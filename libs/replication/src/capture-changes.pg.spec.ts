import type { Row } from '@millrace/kernel';
import { memoryStore, type CaptureWorld, type WorldOptions } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';
import { schemaOf } from './testing/schemas.js';
import { TYPED_COLUMNS, typedDdl, typedInsert } from './testing/typed-rows.js';

interface Seen extends Row {
  readonly [column: string]: string | null;
}

/** Every way in which this world's server can be read, its own decoder first. */
function waysOf({ decoder }: CaptureWorld) {
  const decoders = decoder === 'wal2json' ? (['wal2json', 'pgoutput'] as const) : (['pgoutput'] as const);
  return decoders.flatMap((each) => (['stream', 'poll'] as const).map((reader) => ({ decoder: each, reader })));
}

/** Runs statements under all decoders and readers at once; returns what each made of them, after checking that they made the same [C2]. */
async function captured(world: CaptureWorld, ...statements: readonly string[]): Promise<readonly Seen[]> {
  const [first, ...others] = await capturedEachWay(world, statements);
  for (const other of others) expect(comparable(other)).toEqual(comparable(first));
  return first ?? [];
}

async function capturedEachWay(
  world: CaptureWorld,
  statements: readonly string[],
): Promise<readonly (readonly Seen[])[]> {
  const captures = waysOf(world).map((way) =>
    world.capture({ ...way, slot: `${world.database.name}_${way.decoder}_${way.reader}`, store: memoryStore() }),
  );
  for (const capture of captures) {
    capture.start();
    await world.settle(capture);
  }
  for (const statement of statements) await world.sql.query(statement);
  return Promise.all(
    captures.map(async (capture) => {
      const { epoch } = await world.settle(capture);
      return world.history('epoch = $1', [epoch]);
    }),
  );
}

const comparable = (rows: readonly Row[] = []) =>
  rows.map(({ epoch: _epoch, id: _id, chain, metadata, ...rest }) => ({
    ...rest,
    ends: chain !== null,
    metadata: { ...(JSON.parse(metadata as string) as object), reader: '', decoder: '' },
  }));

/** The declared limit of wal2json before 2.6: numbers that JSON lacks are null [C2]. */
const withoutSpecials = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      /^c_(numeric|float)/.test(column) && /^(NaN|-?Infinity)$/.test(value ?? '') ? null : value,
    ]),
  );

const brief = (rows: readonly Seen[]) =>
  rows.map(({ operation, data, old_data, scope_old, scope_new }) => ({
    operation,
    data: parse(data),
    old: parse(old_data),
    scopes: [scope_old, scope_new],
  }));
const parse = (text: string | null | undefined) => (text ? (JSON.parse(text) as Record<string, string | null>) : null);

describeEachDecoder((_decoder, open) => {
  async function inWorld(options: WorldOptions, test: (world: CaptureWorld) => Promise<void>): Promise<void> {
    await using world = await open(options);
    await test(world);
  }

  test('insert, update, no-op update, move to another row key, key change and delete are each one change', () =>
    inWorld({}, async (world) => {
      const rows = await captured(
        world,
        "insert into items values (1, 'a', 'one', null)",
        "update items set name = 'two' where id = 1",
        "update items set name = 'two' where id = 1",
        "update items set tenant_id = 'b' where id = 1",
        'update items set id = 9 where id = 1',
        'delete from items',
      );
      const row = (id: string, tenant: string, name: string) => ({ id, tenant_id: tenant, name, note: null });
      expect(brief(rows)).toEqual([
        { operation: 'insert', data: row('1', 'a', 'one'), old: null, scopes: [null, 'tenantId=a'] },
        { operation: 'update', data: { name: 'two' }, old: row('1', 'a', 'one'), scopes: ['tenantId=a', 'tenantId=a'] },
        { operation: 'update', data: {}, old: row('1', 'a', 'two'), scopes: ['tenantId=a', 'tenantId=a'] },
        {
          operation: 'update',
          data: row('1', 'b', 'two'),
          old: row('1', 'a', 'two'),
          scopes: ['tenantId=a', 'tenantId=b'],
        },
        {
          operation: 'update',
          data: row('9', 'b', 'two'),
          old: row('1', 'b', 'two'),
          scopes: ['tenantId=b', 'tenantId=b'],
        },
        { operation: 'delete', data: null, old: row('9', 'b', 'two'), scopes: ['tenantId=b', null] },
      ]);
      expect(rows.map((each) => (JSON.parse(each['metadata'] as string) as { key: string }).key)).toEqual([
        '["1"]',
        '["1"]',
        '["1"]',
        '["1"]',
        '["9"]',
        '["9"]',
      ]);
    }));

  test('[C4] unchanged TOAST is unchanged, and not null: omitted from data and old_data, whole where the row moves', () =>
    inWorld({}, async (world) => {
      await world.sql.query('alter table items alter note set storage external');
      const big = 'x'.repeat(9_000);
      const rows = await captured(
        world,
        `insert into items values (1, 'a', 'one', '${big}')`,
        "update items set name = 'two'",
        "update items set tenant_id = 'b'",
        'update items set note = null',
      );
      const [insert, patch, move, cleared] = brief(rows);
      expect(insert?.data?.['note']).toBe(big);
      expect(patch).toMatchObject({ data: { name: 'two' }, old: { id: '1', tenant_id: 'a', name: 'one' } });
      expect(Object.keys(patch?.old ?? {})).not.toContain('note');
      expect(JSON.parse(rows[1]?.['metadata'] as string)).toMatchObject({ unchangedToast: ['note'] });
      expect(move?.data).toEqual({ id: '1', tenant_id: 'b', name: 'two', note: big });
      expect(move?.old?.['note']).toBe(big);
      expect(cleared).toMatchObject({ data: { note: null }, old: { note: big } });
    }));

  test('TRUNCATE of several tables is one change for each, for everybody', () =>
    inWorld(
      {
        ddl: 'create table items (id int primary key, tenant_id text); create table parts (id int primary key references items);',
        schema: schemaOf(
          { name: 'items', key: ['id'], columns: ['id:integer', 'tenant_id:text'] },
          { name: 'parts', key: ['id'], columns: ['id:integer'] },
        ),
      },
      async (world) => {
        const rows = await captured(world, "insert into items values (1, 'a')", 'truncate items cascade');
        expect(
          rows.slice(1).map(({ table_name, operation, scope_old, scope_new }) => ({
            table_name,
            operation,
            scope_old,
            scope_new,
          })),
        ).toEqual(
          ['items', 'parts'].map((table_name) => ({
            table_name,
            operation: 'truncate',
            scope_old: null,
            scope_new: '*',
          })),
        );
      },
    ));

  test('[C3] server-only columns and columns that DDL adds mid-stream are dropped; the latter are reported', () =>
    inWorld({}, async (world) => {
      const messages: string[] = [];
      const keep = (message: string, fields: object = {}) => void messages.push(`${message} ${JSON.stringify(fields)}`);
      const logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
      const capture = world.capture({ logger });
      capture.start();
      await world.settle(capture);
      await world.sql.query("insert into items values (1, 'a', 'one', null, 'canary-secret')");
      await world.sql.query("alter table items add column extra text default 'canary-extra'");
      await world.sql.query("insert into items values (2, 'a', 'two', null, 'canary-secret', 'canary-extra')");
      await world.sql.query('alter table items drop column note');
      await world.sql.query("insert into items values (3, 'a', 'three', 'canary-secret', 'canary-extra')");
      await world.settle(capture);
      const rows = await world.history("operation <> 'fill'");
      expect(rows.map(({ data }) => parse(data))).toEqual([
        { id: '1', tenant_id: 'a', name: 'one', note: null },
        { id: '2', tenant_id: 'a', name: 'two', note: null },
        { id: '3', tenant_id: 'a', name: 'three' },
      ]);
      expect(JSON.stringify(rows) + messages.join()).not.toContain('canary');
      expect(messages.filter((message) => message.includes('items.extra'))).toHaveLength(1);
    }));

  test('names that need quoting, enum and domain types of such names, and a composite key', () =>
    inWorld(
      {
        ddl: `create type "My ""Enum" as enum ('a''b', 'ç "q"'); create domain "My Domain" as text check (value <> '');
        create schema "we ird"; create table "we ird"."T ""x" ("Key 1" int, "constructor" text, "__proto__" "My ""Enum", "d" "My Domain", primary key ("Key 1", "constructor"));`,
        schema: schemaOf({
          name: 'we ird.T "x',
          key: ['Key 1', 'constructor'],
          columns: ['Key 1:integer', 'constructor:text', '__proto__:text', 'd:text'],
        }),
      },
      async (world) => {
        const rows = await captured(
          world,
          `insert into "we ird"."T ""x" values (1, 'k', 'ç "q"', 'dom')`,
          `update "we ird"."T ""x" set "__proto__" = 'a''b'`,
        );
        expect(rows.map(({ table_name, data }) => [table_name, data])).toEqual([
          [
            'we ird.T "x',
            JSON.stringify({ d: 'dom', 'Key 1': '1', ['__proto__']: 'ç "q"', constructor: 'k' })
              .replaceAll('":"', '": "')
              .replaceAll('","', '", "'),
          ],
          ['we ird.T "x', `{"__proto__": "a'b"}`],
        ]);
        expect(rows.map(({ metadata }) => (JSON.parse(metadata as string) as { key: string }).key)).toEqual([
          '["1","k"]',
          '["1","k"]',
        ]);
      },
    ));

  test('[I10] every type is the text that Postgres prints, through every decoder and reader', () =>
    inWorld(
      { ddl: typedDdl, schema: schemaOf({ name: 'typed', key: ['id'], columns: TYPED_COLUMNS }) },
      async (world) => {
        const ways = await capturedEachWay(world, [typedInsert]);
        const printed = await world.sql.query(
          `select ${TYPED_COLUMNS.map((column) => column.split(':')[0]).join(', ')} from typed order by id`,
        );
        expect(printed.rows.length).toBeGreaterThan(4);
        const exact = printed.rows.map((row) => ({ ...row }));
        waysOf(world).forEach((way, index) => {
          const rows = ways[index]?.map(({ data }) => parse(data));
          expect({ way, rows }).toEqual({ way, rows: way.decoder === 'pgoutput' ? exact : exact.map(withoutSpecials) });
        });
      },
    ));

  test('savepoints, rolled-back, empty and foreign transactions: only what committed, and in one piece', () =>
    inWorld({}, async (world) => {
      await world.sql.query('create table unrelated (id int)');
      const rows = await captured(
        world,
        'begin',
        "insert into items values (1, 'a')",
        'savepoint s',
        "insert into items values (2, 'a')",
        'rollback to s',
        ...Array.from({ length: 70 }, (_none, index) => `savepoint s${index}`),
        "insert into items values (3, 'a')",
        'commit',
        'begin',
        "insert into items values (4, 'a')",
        'rollback',
        'insert into unrelated values (1)',
        "insert into items values (5, 'a')",
      );
      expect(rows.map(({ data, chain }) => [parse(data)?.['id'], chain !== null])).toEqual([
        ['1', false],
        ['3', true],
        ['5', true],
      ]);
    }));

  test('[M1] overlapping transactions are ordered by their commit, not by their records', () =>
    inWorld({}, async (world) => {
      const [early, late] = [await world.session(), await world.session()];
      const capture = world.capture();
      capture.start();
      await world.settle(capture);
      await early.query('begin');
      await early.query("insert into items values (1, 'a')");
      await late.query('begin');
      await late.query("insert into items values (2, 'a')");
      await late.query('commit');
      await world.settle(capture);
      await early.query("insert into items values (3, 'a')");
      await early.query('commit');
      await world.settle(capture);
      const rows = await world.history();
      expect(rows.map(({ data }) => parse(data)?.['id'])).toEqual(['2', '1', '3']);
      const recordLsns = rows.map(
        ({ metadata }) => (JSON.parse(metadata as string) as { recordLsn: string }).recordLsn,
      );
      expect((recordLsns[1] as string) < (recordLsns[0] as string)).toBe(true);
      expect(rows.map(({ lsn }) => lsn)).toEqual(rows.map(({ lsn }) => lsn).sort());
    }));

  test('a transaction of more rows than one turn or one insert holds is whole, with the next one after it', () =>
    inWorld({}, async (world) => {
      const rows = await captured(
        world,
        "insert into items select n, 'a', repeat('x', 200) from generate_series(1, 12000) n",
        "insert into items values (0, 'a')",
      );
      expect(rows).toHaveLength(12_001);
      expect(rows.filter(({ chain }) => chain !== null).map(({ seq }) => seq)).toEqual(['12000', '12001']);
      expect(new Set(rows.slice(0, 12_000).map(({ transaction_id }) => transaction_id)).size).toBe(1);
    }));

  test('[W5] a mutation names its client on every row of its transaction, and is found by its row key', () =>
    inWorld({}, async (world) => {
      const client = '11111111-1111-4111-8111-111111111111';
      const txId = '22222222-2222-4222-8222-222222222222';
      await world.sql.query("insert into sync.client_status (client_id, sub) values ($1, 'u1')", [client]);
      const rows = await captured(
        world,
        'begin',
        "insert into items values (1, 'a')",
        `insert into sync.client_mutation (client_id, mutation_id, tx_id, sub, epoch, schema_version, verdict) values ('${client}', 1, '${txId}', 'u1', '${client}', '1.0.0', 'accepted')`,
        'commit',
        "update sync.client_mutation set verdict = 'merged'",
      );
      expect(rows.map(({ table_name, client_id, scope_new }) => [table_name, client_id, scope_new])).toEqual([
        ['items', client, 'tenantId=a'],
        ['sync.client_mutation', client, `client=${client}`],
      ]);
      for (const row of rows)
        expect(JSON.parse(row['metadata'] as string)).toMatchObject({ mutationId: 1, txId, sub: 'u1' });
    }));
});
