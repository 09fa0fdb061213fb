import type { HistoryTransaction } from '@millrace/change-history';
import type { Row } from '@millrace/kernel';
import { migrationOf, recordMigration } from '@millrace/schema-compat/testing';
import type { CaptureOptions } from './capture-options.js';
import { itemsSchema, type CaptureWorld } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';
import { schemaOf } from './testing/schemas.js';

const READERS = ['stream', 'poll'] as const;
const CLIENT = '11111111-1111-4111-8111-111111111111';
const twoTables = schemaOf(
  { name: 'items', key: ['id'], columns: ['id:integer', 'tenant_id:text', 'name:text'] },
  { name: 'more', key: ['id'], columns: ['id:integer', 'tenant_id:text'] },
);

describeEachDecoder((_decoder, open) => {
  let world: CaptureWorld;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  /** A capture that has begun; `told` are the transactions that its listeners heard of. */
  async function begun(options: Partial<CaptureOptions>) {
    const capture = world.capture(options);
    const told: HistoryTransaction[] = [];
    capture.onPersisted((transactions) => void told.push(...transactions));
    capture.start();
    await world.settle(capture);
    // What it asked for as it opened lies behind where it then was.
    const head = await world.settle(capture);
    return { capture, told, epoch: head.epoch };
  }

  const insert = (id: number, name = 'n') =>
    world.sql.query('insert into items values ($1, $2, $3)', [String(id), 'a', name]);

  /** History in short: `fill table cause` or `operation id`. Its seq is dense whatever is in it. */
  async function brief(): Promise<readonly string[]> {
    const rows = await world.history();
    expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_row, index) => index + 1));
    return rows.map(shown);
  }

  function shown(row: Row): string {
    const { operation, table_name: table, data, scope_new: scope, metadata } = row;
    if (operation !== 'fill')
      return `${operation} ${table === 'sync.client_migration' ? table : ((JSON.parse(data ?? '{}') as { id?: string }).id ?? table)}`;
    expect([scope, data]).toEqual(['*', null]);
    return `fill ${table} ${(JSON.parse(metadata as string) as { cause: string }).cause}`;
  }

  async function until(condition: () => boolean | Promise<boolean>, also: () => void): Promise<void> {
    while (!(await condition())) {
      also();
      await world.sql.query('select pg_sleep(0.02)');
    }
  }

  describe.each(READERS)('with the %s reader', (reader) => {
    test('[C9] what cannot be stored is in quarantine, a mark of its tables in its place, and the epoch goes on', async () => {
      await world.sql.query(
        "alter table sync.change_history add constraint poison check (data ->> 'name' is distinct from 'poison')",
      );
      const { capture, told, epoch } = await begun({ reader });
      await insert(1);
      await insert(2, 'poison');
      await insert(3);
      await until(
        () => capture.status().counters.quarantined > 0,
        () => capture.tick(),
      );
      await insert(4);
      const head = await world.settle(capture);
      expect(await brief()).toEqual(['insert 1', 'fill items quarantined', 'insert 3', 'insert 4']);
      expect(head).toMatchObject({ epoch, seq: 4n });
      expect(told.map(({ position }) => position.seq)).toEqual([1n, 2n, 3n, 4n]);
      expect(told[1]?.entries).toMatchObject([{ operation: 'fill', cause: 'quarantined', scopeNew: '*' }]);
      const { rows } = await world.sql.query('select tables::text as tables, reason from sync.quarantine');
      expect(rows).toEqual([{ tables: '{items}', reason: expect.stringContaining('check constraint') as string }]);
    });

    test('[W5] the ack in a transaction that is skipped reaches its client all the same', async () => {
      await world.sql.query(
        "alter table sync.change_history add constraint poison check (data ->> 'name' is distinct from 'poison')",
      );
      await world.sql.query("insert into sync.client_status (client_id, sub) values ($1, 'u')", [CLIENT]);
      const { capture, epoch } = await begun({ reader });
      await world.sql.transaction(async (tx) => {
        await tx.query("insert into items values (1, 'a', 'poison')");
        await tx.query(
          `insert into sync.client_mutation (client_id, mutation_id, tx_id, sub, epoch, schema_version, verdict)
           values ($1, 1, $1, 'u', $2, '1.0.0', 'accepted')`,
          [CLIENT, epoch],
        );
      });
      await until(
        () => capture.status().counters.quarantined > 0,
        () => capture.tick(),
      );
      await world.settle(capture);
      expect(await brief()).toEqual(['fill items quarantined', 'insert sync.client_mutation']);
      const rows = await world.history("table_name = 'sync.client_mutation'");
      expect(rows[0]).toMatchObject({ client_id: CLIENT, scope_new: `client=${CLIENT}` });
    });

    test('[M4] a synced table that joins late is marked, with all writers before it waited for; the epoch goes on', async () => {
      const first = await begun({ reader, schema: itemsOnly() });
      await first.capture.stop();
      await world.sql.query('create table more (id int primary key, tenant_id text)');
      await world.sql.query('alter table more replica identity full');
      await world.sql.query("insert into more values (1, 'a')");
      const writer = await world.session();
      await writer.query('begin');
      await writer.query("insert into more values (2, 'a')");

      const capture = world.capture({ reader, schema: twoTables });
      capture.start();
      const waiting = () => world.sql.query("select 1 from pg_locks where not granted and relation = 'more'::regclass");
      while ((await waiting()).rows.length === 0) await world.sql.query('select pg_sleep(0.01)');
      await writer.query('commit');
      await world.settle(capture);
      await world.sql.query("insert into more values (3, 'a')");
      const head = await world.settle(capture);
      expect(head.epoch).toBe(first.epoch);
      const history = await brief();
      expect(history).toContain('fill more late-table');
      expect(history.slice(history.indexOf('fill more late-table'))).toEqual(['fill more late-table', 'insert 3']);

      await capture.stop();
      const again = await begun({ reader, schema: twoTables });
      await again.capture.stop();
      expect(await brief()).toEqual(history);
    });

    test('[M4] a synced table that was rewritten is marked once, whether it is written to or not, and across restarts', async () => {
      const first = await begun({ reader });
      await insert(1);
      await world.settle(first.capture);
      await first.capture.stop();
      await world.sql.query('alter table items alter name type varchar(99) using upper(name)');
      const second = await begun({ reader });
      expect(await brief()).toEqual(['insert 1', 'fill items rewritten']);
      await insert(2);
      await world.settle(second.capture);
      await second.capture.stop();
      const third = await begun({ reader });
      await insert(3);
      const head = await world.settle(third.capture);
      expect(await brief()).toEqual(['insert 1', 'fill items rewritten', 'insert 2', 'insert 3']);
      expect(head.epoch).toBe(first.epoch);
    });

    test('[M4] a table that is altered while we read is found by itself', async () => {
      const { capture, epoch } = await begun({ reader, catalogMs: 0 });
      await insert(1);
      await world.settle(capture);
      await world.sql.query('alter table items alter name type varchar(99)');
      while (!(await brief()).includes('fill items rewritten')) {
        capture.tick();
        await world.sql.query('select pg_sleep(0.02)');
      }
      await insert(2);
      const head = await world.settle(capture);
      expect(await brief()).toEqual(['insert 1', 'fill items rewritten', 'insert 2']);
      expect(head.epoch).toBe(epoch);
    });

    test('[M4] rows that were rewritten under the same columns are found, while we read and while we were away', async () => {
      const first = await begun({ reader, catalogMs: 0 });
      await insert(1);
      await world.settle(first.capture);
      const upper = () => world.sql.query('alter table items alter name type text using upper(name)');
      await upper();
      await until(
        async () => (await fills()).length > 0,
        () => first.capture.tick(),
      );
      await insert(2);
      await world.settle(first.capture);
      expect(await brief()).toEqual(['insert 1', 'fill items rewritten', 'insert 2']);
      await first.capture.stop();
      await upper();
      const second = await begun({ reader });
      expect((await brief()).slice(3)).toEqual(['fill items rewritten']);
      await second.capture.stop();
      const third = await begun({ reader });
      await insert(3);
      const head = await world.settle(third.capture);
      expect((await brief()).slice(4)).toEqual(['insert 3']);
      expect(head.epoch).toBe(first.epoch);
    });

    test.each([
      ['vacuum full', 'vacuum full items'],
      ['a table in another order', 'cluster items using items_pkey'],
      ['a check of its rows', 'alter table items alter name set not null; alter table items alter name drop not null'],
      ['other storage', 'alter table items alter name set storage external, alter note set statistics 9'],
      ['a column that is not synced', 'alter table items add column extra float8 default random()'],
    ])('[M4] %s changes no value: it leaves no mark', async (_what, change) => {
      const { capture } = await begun({ reader });
      await insert(1);
      await world.settle(capture);
      await capture.stop();
      for (const statement of change.split(';')) await world.sql.query(statement);
      const again = await begun({ reader });
      await insert(2);
      await world.settle(again.capture);
      expect(await brief()).toEqual(['insert 1', 'insert 2']);
    });

    const publication = (change: string) => world.sql.query(`alter publication millrace ${change}`);
    const fills = async () => (await brief()).filter((line) => line.startsWith('fill'));

    test.each([
      ['while we read', false],
      ['while we were away', true],
    ])(
      '[M4] (I12) a table that left the publication %s and is back is marked once: what was written meanwhile is in no stream',
      async (_when, away) => {
        const first = await begun({ reader, catalogMs: 0 });
        await insert(1);
        await world.settle(first.capture);
        if (away) await first.capture.stop();
        await publication('drop table items');
        await insert(2);
        await publication('add table items');
        const { capture } = away ? await begun({ reader }) : first;
        await until(
          async () => (await fills()).length > 0,
          () => capture.tick(),
        );
        await insert(3);
        const head = await world.settle(capture);
        expect(await fills()).toEqual(['fill items late-table']);
        expect((await brief()).slice(-2)).toEqual(['fill items late-table', 'insert 3']);
        expect(head.epoch).toBe(first.epoch);
        await capture.stop();
        await begun({ reader });
        expect(await fills()).toEqual(['fill items late-table']);
      },
    );

    test('[M4] a table that leaves the publication while we read is published again, and marked', async () => {
      const { capture, epoch } = await begun({ reader, catalogMs: 0 });
      await publication('drop table items');
      await insert(1);
      await until(
        async () => (await fills()).length > 0,
        () => capture.tick(),
      );
      await insert(2);
      const head = await world.settle(capture);
      expect((await brief()).slice(-2)).toEqual(['fill items late-table', 'insert 2']);
      expect(head.epoch).toBe(epoch);
    });

    test('[M4] (I12) a publication that leaves rows out is named, and its table is marked once it does not', async () => {
      const { capture, epoch } = await begun({ reader, catalogMs: 0 });
      const tables = (items: string) => publication(`set table ${items}, sync.client_mutation, sync.client_migration`);
      await tables("items where (name <> 'hidden')");
      await until(
        () => capture.status().capture.state === 'misconfigured',
        () => capture.tick(),
      );
      expect(capture.status().capture.detail).toContain('it filters the rows of items');
      await tables('items');
      await until(
        async () => (await fills()).length > 0,
        () => capture.tick(),
      );
      expect((await world.settle(capture)).epoch).toBe(epoch);
    });

    test('[C1] a table of acks that was out of the publication begins a new epoch: no fill brings acks back', async () => {
      const first = await begun({ reader });
      await first.capture.stop();
      await publication('drop table sync.client_mutation');
      await publication('add table sync.client_mutation');
      const second = await begun({ reader });
      expect(second.epoch).not.toBe(first.epoch);
      expect(second.capture.status().epochs[0]?.cause).toBe('tables-added');
    });

    test('[M4] columns that are not synced may come and go', async () => {
      const { capture } = await begun({ reader });
      await insert(1);
      await world.sql.query("alter table items add column extra text default 'x'");
      await insert(2);
      await world.sql.query('alter table items drop column extra, alter secret type varchar(9)');
      await insert(3);
      await world.settle(capture);
      await capture.stop();
      await begun({ reader });
      expect(await brief()).toEqual(['insert 1', 'insert 2', 'insert 3']);
    });

    test('[M4] a migration is announced as such: it leaves no mark', async () => {
      const { capture } = await begun({ reader });
      await insert(1);
      await world.sql.transaction(async (tx) => {
        await recordMigration(tx, migrationOf({ before: itemsSchema, after: { ...itemsSchema, version: '1.0.1' } }));
        await tx.query('alter table items alter name type varchar(99)');
      });
      await insert(2);
      await world.settle(capture);
      await capture.stop();
      await begun({ reader });
      expect(await brief()).toEqual(['insert 1', 'insert sync.client_migration', 'insert 2']);
      expect((await world.history()).map((row) => row['schema_version'])).toEqual(['1.0.0', '1.0.1', '1.0.1']);
    });

    test('logical messages of other programs are nobody’s business, whatever their size', async () => {
      const { capture } = await begun({ reader });
      await insert(1);
      await world.sql.query("select pg_logical_emit_message(true, 'theirs', repeat('x', 20 * 1024 * 1024))");
      await world.sql.query("select pg_logical_emit_message(false, 'theirs', 'x')");
      await insert(2);
      await world.settle(capture);
      expect(await brief()).toEqual(['insert 1', 'insert 2']);
      expect(capture.status().counters.quarantined).toBe(0);
    });
  });

  test('[M4] pgoutput describes a table that was altered before its next change: the mark stands right before it', async () => {
    const { capture } = await begun({ reader: 'stream', decoder: 'pgoutput' });
    await insert(1);
    await world.sql.query('alter table items alter name type varchar(99)');
    await world.sql.query('alter table items alter name type text');
    await insert(2);
    await world.settle(capture);
    await world.sql.query('alter table items drop column note');
    await insert(3);
    await world.settle(capture);
    expect(await brief()).toEqual(['insert 1', 'insert 2', 'fill items rewritten', 'insert 3']);
    const [mark, change] = (await world.history()).slice(-2);
    expect(mark?.['transaction_id']).toBe(change?.['transaction_id']);
  });

  test('[M4] pgoutput describes a table that came back before its next change: it is looked at then, not at the next regular look', async () => {
    const { capture } = await begun({ reader: 'stream', decoder: 'pgoutput' });
    await insert(1);
    await world.settle(capture);
    await world.sql.query('alter publication millrace drop table items');
    await insert(2);
    await world.sql.query('alter publication millrace add table items');
    await insert(3);
    while (!(await brief()).includes('fill items late-table')) await world.sql.query('select pg_sleep(0.02)');
    expect(await brief()).toEqual(['insert 1', 'insert 3', 'fill items late-table']);
  });

  function itemsOnly() {
    return { ...itemsSchema, tables: twoTables.tables.slice(0, 1) };
  }
});
