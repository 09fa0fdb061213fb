import { captureWorld, type CaptureWorld } from '../testing/capture-world.js';
import { describeEachDecoder, describeWal2json } from '../testing/each-decoder.js';
import { schemaOf } from '../testing/schemas.js';

const misconfigured = async (world: CaptureWorld, detail: () => { state: string; detail: string | null }) => {
  while (detail().state !== 'misconfigured') await world.sql.query('select pg_sleep(0.01)');
  return detail().detail;
};
const idOf = (row: { readonly [column: string]: string | null } | undefined) =>
  (JSON.parse(row?.['data'] ?? '{}') as { id?: string }).id;

describeEachDecoder((decoder, open) => {
  test.each([
    ['stream', 9],
    ['poll', 9],
    ['poll', 40],
  ] as const)(
    '[C6] with the %s reader, a row of %i MB goes to quarantine, and the rest flows',
    async (reader, size) => {
      await using world = await open();
      const capture = world.capture({ reader });
      capture.start();
      await world.settle(capture);
      await world.sql.query("insert into items values (1, 'a')");
      await world.sql.query("insert into items values (2, 'a', repeat('x', $1::int * 1024 * 1024))", [String(size)]);
      const kept = () => world.sql.query('select reason from sync.quarantine');
      const goesOn = () => {
        const { capture: now, counters } = capture.status();
        return counters.quarantined === 1 && ['streaming', 'polling'].includes(now.state);
      };
      while (!goesOn()) {
        capture.tick();
        capture.nudge();
        await world.sql.query('select pg_sleep(0.02)');
      }
      await world.sql.query("insert into items values (3, 'a')");
      await world.settle(capture);
      expect((await kept()).rows[0]?.['reason']).toMatch(/cannot be synced \[C6\]/);
      expect(idOf((await world.history("table_name = 'items' and operation = 'insert'")).at(-1))).toBe('3');
      expect(capture.status().capture.decoder).toBe(decoder);
    },
  );

  test('a slot of that name with a plug-in of somebody else is left alone', async () => {
    await using world = await open();
    await world.sql.query("select pg_create_logical_replication_slot($1, 'test_decoding')", [world.database.name]);
    const capture = world.capture();
    capture.start();
    expect(await misconfigured(world, () => capture.status().capture)).toMatch(/test_decoding.*another name/);
  });
});

describeWal2json('on a server with wal2json', (open) => {
  test.each(['stream', 'poll'] as const)(
    '[E1] another decoder begins a new epoch with a slot of its own, there and back (%s)',
    async (reader) => {
      await using world = await open();
      const causes: string[] = [];
      const run = async (decoder: 'pgoutput' | 'wal2json') => {
        const capture = world.capture({ decoder, reader });
        capture.onEpoch(({ cause }) => void causes.push(cause));
        capture.start();
        await world.settle(capture);
        await world.sql.query('insert into items select count(*), $1 from items', ['a']);
        await world.settle(capture);
        await capture.stop();
        const { rows } = await world.sql.query('select plugin from pg_replication_slots where slot_name = $1', [
          world.database.name,
        ]);
        expect(rows).toEqual([{ plugin: decoder }]);
      };
      for (const decoder of ['pgoutput', 'wal2json', 'wal2json', 'pgoutput'] as const) await run(decoder);
      expect(causes).toEqual(['first-start', 'decoder-changed', 'decoder-changed']);
      expect((await world.history()).map(idOf)).toEqual(['0', '1', '2', '3']);
    },
  );

  test('[C8] commits of others by the thousand: the slot follows from peek to peek, and is not read from the start again', async () => {
    await using world = await open();
    await world.sql.query('create table unrelated (id int)');
    const capture = world.capture({ reader: 'poll', idleConfirmMs: 3_600_000 });
    capture.start();
    await world.settle(capture);
    await world.sql.query(
      'do $$ begin for id in 1..25000 loop insert into unrelated values (id); commit; end loop; end $$',
    );
    const { rows } = await world.sql.query('select pg_current_wal_insert_lsn()::text as lsn');
    await world.settle(capture);
    await capture.stop();
    const behind = await world.sql.query(
      `select count(*)::text as messages from pg_logical_slot_peek_changes($1, $2::pg_lsn, null, 'format-version', '2')`,
      [world.database.name, rows[0]?.['lsn'] ?? null],
    );
    // Less than one peek is left of 50,000 messages, although the hour of an idle slot is not over.
    expect(Number(behind.rows[0]?.['messages'])).toBeLessThan(20_000);
    expect(await world.history()).toHaveLength(0);
  });

  test('a partitioned table is refused by name: the changes of its partitions would be lost in silence', async () => {
    await using world = await open({
      ddl: `create table parted (id int primary key) partition by range (id);
            create table parted_low partition of parted for values from (0) to (100);`,
      schema: schemaOf({ name: 'parted', key: ['id'], columns: ['id:integer'] }),
    });
    const capture = world.capture();
    capture.start();
    expect(await misconfigured(world, () => capture.status().capture)).toMatch(/partitioned.*parted.*pgoutput/);
  });
});

test('a server without wal2json is told from a lost slot, with what to do', async () => {
  await using world = await captureWorld({ decoder: 'wal2json' });
  const available = await world.sql
    .query("select pg_create_logical_replication_slot('probe_' || current_database(), 'wal2json', true)")
    .then(
      () => true,
      () => false,
    );
  const capture = world.capture();
  capture.start();
  if (available) await world.settle(capture);
  else expect(await misconfigured(world, () => capture.status().capture)).toMatch(/output plug-in.*pgoutput/);
});
