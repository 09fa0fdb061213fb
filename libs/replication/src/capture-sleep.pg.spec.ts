import { parseLsn } from '@millrace/kernel';
import type { CaptureWorld } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';

describeEachDecoder((_decoder, open) =>
  describe.each(['stream', 'poll'] as const)('[Z1] capture with the %s reader that lets go of Postgres', (reader) => {
    let world: CaptureWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const lsnOf = async (sql: string) =>
      parseLsn(Object.values((await world.sql.query(sql)).rows[0] ?? {})[0] as string);
    const confirmed = () =>
      lsnOf(`select confirmed_flush_lsn::text from pg_replication_slots where slot_name = '${world.database.name}'`);
    const insertLsn = () => lsnOf('select pg_current_wal_insert_lsn()::text');

    /** Backends of this database that are not the spec's own session. */
    async function backends(): Promise<readonly string[]> {
      const { rows } = await world.sql.query(
        `select application_name || ' ' || state as who from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and application_name = 'replication-spec'`,
      );
      return rows.map(({ who }) => who ?? '');
    }

    async function noBackends(): Promise<void> {
      for (let look = 0; (await backends()).length > 0; look++) {
        if (look === 200) expect(await backends()).toEqual([]);
        await world.sql.query('select pg_sleep(0.02)');
      }
    }

    test('everything in the WAL is persisted and confirmed before it stops, and then no backend of ours is there', async () => {
      const capture = world.capture({ reader, idleConfirmMs: 3_600_000 });
      capture.start();
      await capture.settle();
      await world.sql.query("insert into items values (1, 'a')");
      await world.sql.query('create table unrelated (id int)');
      const end = await insertLsn();

      await capture.settle();
      expect(await world.history()).toHaveLength(1);
      expect(await confirmed()).toBeGreaterThanOrEqual(end);
      expect(world.store.state?.slotTarget).toBeGreaterThanOrEqual(await confirmed());

      await capture.stop();
      await noBackends();
      expect(capture.status().capture.state).toBe('asleep');
    });

    test('what is written while it rests is there when it begins again, once, in one epoch, and none of it is late', async () => {
      const capture = world.capture({ reader });
      const told: string[] = [];
      capture.onPersisted((_transactions, from, to) => void told.push(`${from.seq}-${to.seq}`));
      capture.start();
      await capture.settle();
      const epoch = capture.head()?.epoch;

      for (let round = 0; round < 3; round++) {
        await capture.stop();
        await world.sql.query(
          `insert into items select n, 'a' from generate_series(${round * 100 + 1}, ${round * 100 + 100}) n`,
        );
        await world.sql.query('select pg_sleep(0.3)');
        capture.start({ rested: true });
        await capture.settle();
        expect(capture.head()).toMatchObject({ epoch, seq: BigInt((round + 1) * 100) });
      }
      expect(told).toEqual(['0-100', '100-200', '200-300']);
      expect((await world.history()).map(({ seq }) => Number(seq))).toEqual(
        Array.from({ length: 300 }, (_none, index) => index + 1),
      );
      await capture.stop();
      await noBackends();
    });

    test('settling waits for a session that is being opened, and is told when there will be none', async () => {
      const capture = world.capture({ reader });
      await expect(capture.settle()).rejects.toMatchObject({ code: 'closed' });
      capture.start();
      const settled = capture.settle();
      settled.catch(() => undefined);
      await capture.stop();
      await expect(settled).rejects.toMatchObject({ code: 'closed' });
    });
  }),
);
