import {
  readCatalogue,
  readReplicationState,
  schemaVersionAt,
  type HistoryTransaction,
} from '@millrace/change-history';
import type { Row, SqlConnection } from '@millrace/kernel';
import { inForce, type Direction, type SchemaMigration } from '@millrace/schema-compat';
import { columnOf, migrationOf, recordMigration, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import type { CaptureOptions } from './capture-options.js';
import { itemsSchema, type CaptureWorld } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';

const READERS = ['stream', 'poll'] as const;
/** More rows than are held of one transaction. */
const LARGE = 30_000;

const v1 = itemsSchema;
const [items] = v1.tables as [(typeof v1.tables)[0]];
const colour = columnOf('colour');
const parts = tableOf({ name: 'parts', columns: ['id:integer', 'tenant_id'] });
const v2 = schemaWith('1.1.0', { ...items, columns: [...items.columns, colour] }, parts);
const additive = migrationOf({
  before: v1,
  after: v2,
  ops: [
    { op: 'add-column', table: 'items', column: colour, value: 'red' },
    { op: 'add-table', table: parts },
  ],
});
const renamed = migrationOf({
  before: v2,
  after: schemaWith('2.0.0', {
    ...items,
    name: 'things',
    columns: [...items.columns.map((each) => (each.name === 'name' ? { ...each, name: 'title' } : each)), colour],
  }),
  kind: 'breaking',
});

describeEachDecoder((_decoder, open) => {
  let world: CaptureWorld;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  async function begun(options: Partial<CaptureOptions>) {
    const capture = world.capture(options);
    const told: HistoryTransaction[] = [];
    capture.onPersisted((transactions) => void told.push(...transactions));
    capture.start();
    await world.settle(capture);
    return { capture, told, head: await world.settle(capture) };
  }

  async function migrate(migration: SchemaMigration, work: (tx: SqlConnection) => Promise<unknown>, to?: Direction) {
    await world.sql.transaction(async (tx) => {
      await recordMigration(tx, migration, to);
      await work(tx);
    });
  }

  const addColourAndParts = async (tx: SqlConnection) => {
    await tx.query("alter table items add column colour text default 'red'");
    await tx.query('create table parts (id int primary key, tenant_id text)');
    await tx.query('alter table parts replica identity full');
    await tx.query('alter publication millrace add table parts');
  };
  const dropColourAndParts = async (tx: SqlConnection) => {
    await tx.query('drop table parts');
    await tx.query('alter table items drop column colour');
  };
  const insert = (id: number) =>
    world.sql.query("insert into items (id, tenant_id, name, secret) values ($1, 'a', 'n', 's')", [String(id)]);

  /** `version operation table columns` of each row; its seq is dense whatever is in it. */
  async function brief(): Promise<readonly string[]> {
    const rows = await world.history();
    expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_row, index) => index + 1));
    return rows.map(shown);
  }

  function shown({ operation, table_name: table, data, schema_version: version, metadata }: Row): string {
    const isOurs = table === 'sync.client_migration';
    const cause = (JSON.parse(metadata as string) as { cause?: string }).cause;
    const columns = isOurs
      ? ''
      : Object.keys(JSON.parse(data ?? '{}') as object)
          .sort()
          .join();
    return `${version} ${operation} ${table} ${cause ?? columns}`.trim();
  }

  const versionInState = async () => (await readReplicationState(world.sql, world.database.name))?.schemaVersion;

  describe.each(READERS)('with the %s reader', (reader) => {
    test('[C3] [M2] an additive migration: the schema switches at its row, for what follows in its transaction and after', async () => {
      const { capture, told, head } = await begun({ reader });
      await insert(1);
      await migrate(additive, async (tx) => {
        await addColourAndParts(tx);
        await tx.query("insert into parts values (1, 'a')");
        await tx.query("update items set colour = 'blue' where id = 1");
      });
      await world.sql.query("insert into items (id, tenant_id, colour) values (2, 'a', 'green')");
      await world.sql.query("insert into parts values (2, 'a')");
      const end = await world.settle(capture);
      const history = await brief();
      expect(history.filter((line) => !line.includes('fill'))).toEqual([
        '1.0.0 insert items id,name,note,tenant_id',
        '1.1.0 insert sync.client_migration',
        '1.1.0 insert parts id,tenant_id',
        '1.1.0 update items colour',
        '1.1.0 insert items colour,id,name,note,tenant_id',
        '1.1.0 insert parts id,tenant_id',
      ]);
      expect(end.epoch).toBe(head.epoch);
      expect(await versionInState()).toBe('1.1.0');
      expect(told.map(({ schemaVersion }) => schemaVersion)).toEqual(expect.arrayContaining(['1.0.0', '1.1.0']));
      expect(inForce(capture.catalogue() as never).version).toBe('1.1.0');
      expect(await schemaVersionAt(world.sql, { ...end, seq: 1n })).toBe('1.0.0');
      expect(await schemaVersionAt(world.sql, { ...end, seq: 0n })).toBe('1.0.0');
      expect(await schemaVersionAt(world.sql, end)).toBe('1.1.0');
    });

    test('[M1] (I11) one whose transaction comes in pieces, since it also writes many rows', async () => {
      const { capture } = await begun({ reader });
      await migrate(additive, async (tx) => {
        await addColourAndParts(tx);
        await tx.query("insert into parts values (0, 'a')");
        await tx.query(
          `insert into items (id, tenant_id, note, colour) select n, 'a', repeat('x', 100), 'blue' from generate_series(1, ${LARGE}) n`,
        );
      });
      await insert(0);
      await world.settle(capture);
      // The mark is asked for as the migration is stored: it stands behind what was in the WAL by then.
      await world.settle(capture);
      const lines = (await brief()).filter((line) => !line.includes('items'));
      expect(lines).toEqual([
        '1.1.0 insert sync.client_migration',
        '1.1.0 insert parts id,tenant_id',
        '1.1.0 fill parts late-table',
      ]);
      expect(await versionInState()).toBe('1.1.0');
    });

    test('[M1] a new table without rows asks nobody to read it, and one with rows everybody, once', async () => {
      const { capture } = await begun({ reader });
      await migrate(additive, addColourAndParts);
      await world.settle(capture);
      await capture.stop();
      await (await begun({ reader })).capture.stop();
      expect(await brief()).toEqual(['1.1.0 insert sync.client_migration']);

      await migrate(additive, dropColourAndParts, 'down');
      await migrate(additive, async (tx) => {
        await tx.query("alter table items add column colour text default 'red'");
        await tx.query('create table parts (id int primary key, tenant_id text)');
        await tx.query('alter table parts replica identity full');
        await tx.query('alter publication millrace add table parts');
        await tx.query("insert into parts values (1, 'a')");
      });
      const again = await begun({ reader });
      await again.capture.stop();
      await (await begun({ reader })).capture.stop();
      expect(await brief()).toEqual([
        '1.1.0 insert sync.client_migration',
        '1.0.0 insert sync.client_migration',
        '1.1.0 insert sync.client_migration',
        '1.1.0 insert parts id,tenant_id',
        '1.1.0 fill parts late-table',
      ]);
    });

    test('a rename and a change of type', async () => {
      const { capture, head } = await begun({ reader });
      await migrate(additive, addColourAndParts);
      await insert(1);
      await migrate(renamed, async (tx) => {
        await tx.query('alter table items rename column name to title');
        await tx.query('alter table items rename to things');
        await tx.query('drop table parts');
        await tx.query('alter table things alter column note type varchar(20)');
        await tx.query("update things set title = 'T'");
      });
      await world.sql.query("update things set title = 'U', secret = 'x'");
      const end = await world.settle(capture);
      expect((await brief()).slice(1)).toEqual([
        '1.1.0 insert items colour,id,name,note,tenant_id',
        '2.0.0 insert sync.client_migration',
        '2.0.0 update things title',
        '2.0.0 update things title',
      ]);
      expect(end.epoch).toBe(head.epoch);
      const { rows } = await world.sql.query(
        "select data::text || coalesce(old_data::text, '') as all from sync.change_history",
      );
      expect(rows.map((row) => row['all']).join()).not.toContain('"secret"');
    });

    test('[M2] (I12) what the database took while nobody read it is decoded by the schema of its own time', async () => {
      const first = await begun({ reader });
      await insert(1);
      await world.settle(first.capture);
      await first.capture.stop();
      await insert(2);
      await migrate(additive, addColourAndParts);
      await insert(3);
      await migrate(renamed, async (tx) => {
        await tx.query('alter table items rename column name to title');
        await tx.query('alter table items rename to things');
        await tx.query('drop table parts');
      });
      await world.sql.query("insert into things (id, tenant_id, title) values (4, 'a', 't')");
      const { head, capture } = await begun({ reader });
      expect(head.epoch).toBe(first.head.epoch);
      expect(await brief()).toEqual([
        '1.0.0 insert items id,name,note,tenant_id',
        '1.0.0 insert items id,name,note,tenant_id',
        '1.1.0 insert sync.client_migration',
        '1.1.0 insert items colour,id,name,note,tenant_id',
        '2.0.0 insert sync.client_migration',
        '2.0.0 insert things colour,id,note,tenant_id,title',
      ]);
      expect(capture.catalogue()).toEqual(await readCatalogue(world.sql, v1));
    });

    test('a revert is a step like any other', async () => {
      const { capture } = await begun({ reader });
      await migrate(additive, addColourAndParts);
      await insert(1);
      await migrate(additive, dropColourAndParts, 'down');
      await insert(2);
      await world.settle(capture);
      expect(await brief()).toEqual([
        '1.1.0 insert sync.client_migration',
        '1.1.0 insert items colour,id,name,note,tenant_id',
        '1.0.0 insert sync.client_migration',
        '1.0.0 insert items id,name,note,tenant_id',
      ]);
      expect(inForce(capture.catalogue() as never).version).toBe('1.0.0');
    });

    test('[M1] a migration that is rolled back leaves nothing', async () => {
      const { capture } = await begun({ reader });
      await expect(
        migrate(additive, async (tx) => {
          await addColourAndParts(tx);
          await tx.query("insert into parts values (1, 'a')");
          await tx.query('select 1 / 0');
        }),
      ).rejects.toMatchObject({ code: '22012' });
      await insert(1);
      await world.settle(capture);
      expect(await brief()).toEqual(['1.0.0 insert items id,name,note,tenant_id']);
      expect(capture.catalogue()?.steps).toEqual([]);
    });

    test('[M4] everybody reads a table anew whose readers a migration changes', async () => {
      const { capture } = await begun({ reader });
      const shown = migrationOf({
        before: v1,
        after: {
          ...v1,
          version: '1.0.1',
          tables: [{ ...items, columns: [...items.columns, columnOf('secret')], serverOnly: [] }],
        },
        ops: [{ op: 'reread', table: 'items', reason: 'secret is shown' }],
      });
      await insert(1);
      await migrate(shown, async () => undefined);
      await world.settle(capture);
      await world.settle(capture);
      await insert(2);
      await world.settle(capture);
      expect(await brief()).toEqual([
        '1.0.0 insert items id,name,note,tenant_id',
        '1.0.1 insert sync.client_migration',
        '1.0.1 fill items schema-changed',
        '1.0.1 insert items id,name,note,secret,tenant_id',
      ]);
    });

    test('[M4] a migration that rewrites rows under the same columns has everybody read them once', async () => {
      const { capture } = await begun({ reader });
      await insert(1);
      const louder = migrationOf({
        before: v1,
        after: { ...v1, version: '1.0.1' },
        ops: [{ op: 'reread', table: 'items', reason: 'notes are in capitals' }],
      });
      await migrate(louder, (tx) => tx.query('alter table items alter column note type text using upper(note)'));
      await world.settle(capture);
      await capture.stop();
      await (await begun({ reader })).capture.stop();
      expect(await brief()).toEqual([
        '1.0.0 insert items id,name,note,tenant_id',
        '1.0.1 insert sync.client_migration',
        '1.0.1 fill items schema-changed',
      ]);
    });

    test('[M4] (I12) rows that were rewritten behind the back of history are found behind a migration of another table', async () => {
      const { capture } = await begun({ reader });
      await capture.stop();
      await world.sql.query('alter table items alter column note type text using upper(note)');
      await migrate(
        migrationOf({
          before: v1,
          after: { ...v1, version: '1.0.1', tables: [items, parts] },
          ops: [{ op: 'add-table', table: parts }],
        }),
        async (tx) => {
          await tx.query('create table parts (id int primary key, tenant_id text)');
          await tx.query('alter table parts replica identity full');
          await tx.query('alter publication millrace add table parts');
        },
      );
      const again = await begun({ reader });
      await again.capture.stop();
      await (await begun({ reader })).capture.stop();
      expect(await brief()).toEqual(['1.0.1 insert sync.client_migration', '1.0.1 fill items rewritten']);
    });

    test('what was recorded after the fact changes nothing', async () => {
      const { capture } = await begun({ reader });
      await insert(1);
      await migrate(
        migrationOf({
          before: schemaWith('0.0.0'),
          after: v1,
          ops: [{ op: 'add-table', table: items }],
        }),
        async () => undefined,
      );
      await insert(2);
      await world.settle(capture);
      expect(await brief()).toEqual([
        '1.0.0 insert items id,name,note,tenant_id',
        '1.0.0 insert sync.client_migration',
        '1.0.0 insert items id,name,note,tenant_id',
      ]);
    });

    test('a server that was built with a newer schema goes on in the one that its history has, and takes the step in the stream', async () => {
      const first = await begun({ reader });
      await insert(1);
      await world.settle(first.capture);
      await first.capture.stop();
      const baseline = migrationOf({
        before: schemaWith('0.0.0'),
        after: v1,
        ops: [{ op: 'add-table', table: items }],
      });
      await migrate(baseline, async () => undefined);
      await insert(2);
      await migrate(additive, addColourAndParts);
      await insert(3);
      const { capture, head } = await begun({ reader, schema: v2 });
      expect(head.epoch).toBe(first.head.epoch);
      expect(await brief()).toEqual([
        '1.0.0 insert items id,name,note,tenant_id',
        '1.0.0 insert sync.client_migration',
        '1.0.0 insert items id,name,note,tenant_id',
        '1.1.0 insert sync.client_migration',
        '1.1.0 insert items colour,id,name,note,tenant_id',
      ]);
      expect(inForce(capture.catalogue() as never).version).toBe('1.1.0');
    });

    test('[E2] a history that begins behind migrations begins with the schema of the database', async () => {
      await world.sql.query('create publication millrace');
      await migrate(additive, addColourAndParts);
      await insert(1);
      const { capture } = await begun({ reader });
      await insert(2);
      await world.settle(capture);
      expect(await brief()).toEqual(['1.1.0 insert items colour,id,name,note,tenant_id']);
    });
  });

  test('[H4] (I12) a writer that dies between history and its own storage finds the schema again', async () => {
    const first = await begun({ reader: 'stream' });
    const dying = { ...world.store, save: () => Promise.reject(new Error('storage is gone')) };
    await first.capture.stop();
    await migrate(additive, addColourAndParts);
    await insert(1);
    const failing = world.capture({ reader: 'stream', store: dying });
    failing.start();
    while (failing.status().capture.state !== 'backoff') await world.sql.query('select pg_sleep(0.02)');
    await failing.stop();
    const { head } = await begun({ reader: 'stream' });
    await insert(2);
    expect(head.epoch).toBe(first.head.epoch);
    expect((await brief()).slice(0, 2)).toEqual([
      '1.1.0 insert sync.client_migration',
      '1.1.0 insert items colour,id,name,note,tenant_id',
    ]);
  });
});
