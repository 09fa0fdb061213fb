import { parseLsn, type Lsn } from '@millrace/kernel';
import type { Capture } from './capture-options.js';
import type { ConfirmedState } from './confirmed-store.js';
import type { CaptureWorld } from './testing/capture-world.js';
import { describeEachDecoder } from './testing/each-decoder.js';

describeEachDecoder((_decoder, open) => {
  let world: CaptureWorld;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  async function lsnOf(sql: string): Promise<Lsn> {
    const { rows } = await world.sql.query(sql);
    return parseLsn(Object.values(rows[0] ?? {})[0] as string);
  }
  const confirmed = () =>
    lsnOf(`select confirmed_flush_lsn::text from pg_replication_slots where slot_name = '${world.database.name}'`);
  const insertLsn = () => lsnOf('select pg_current_wal_insert_lsn()::text');

  async function started(reader: 'stream' | 'poll'): Promise<Capture> {
    const capture = world.capture({ reader });
    capture.start();
    await world.settle(capture);
    return capture;
  }

  describe.each(['stream', 'poll'] as const)('an idle database under the %s reader', (reader) => {
    test('[C8] settles: no row of history, and nothing written anywhere in this database', async () => {
      const capture = await started(reader);
      await world.sql.query("insert into items values (1, 'a')");
      await world.settle(capture);
      await world.sql.query('select pg_sleep(0.2)');
      // A second observer decodes all that is written in this database from here on; the server's WAL as a whole is other specs', too.
      const observer = `idle_${world.database.name}`;
      await world.sql.query(`select pg_create_logical_replication_slot('${observer}', 'test_decoding', true)`);
      // Several idle intervals: status, polls and slot confirmations all happen, and none feeds the next.
      for (let round = 0; round < 5; round++) {
        await world.sql.query('select pg_sleep(0.1)');
        capture.tick();
      }
      const written = await world.sql.query(
        `select data from pg_logical_slot_peek_changes('${observer}', null, null, 'skip-empty-xacts', '1')`,
      );
      expect(written.rows).toEqual([]);
    });

    test('[F8] lets go of WAL that holds nothing of ours', async () => {
      const capture = await started(reader);
      await world.sql.query('create table unrelated (id int, pad text)');
      for (let round = 0; ; round++) {
        await world.sql.query("insert into unrelated select n, repeat('x', 500) from generate_series(1, 200) n");
        const written = await insertLsn();
        await world.settle(capture);
        await world.sql.query('select pg_sleep(0.06)');
        await world.settle(capture);
        if ((await confirmed()) >= written) break;
        expect(round).toBeLessThan(50);
      }
      expect(await world.history()).toHaveLength(0);
      expect(world.store.state?.slotTarget).toBeGreaterThanOrEqual(await confirmed());
    });

    test('[H4] the slot never moves beyond what was stored before', async () => {
      const stored: ConfirmedState[] = [];
      let violations = 0;
      const { store } = world;
      const capture = world.capture({
        reader,
        store: {
          ...store,
          save: async (state) => {
            // What the slot confirms while this save is not done must have been stored by an earlier one.
            const atSlot = await confirmed();
            const known = stored.at(-1)?.slotTarget ?? state.slotTarget;
            if (atSlot > known) violations++;
            const { rows } = await world.sql.query('select last_seq from sync.replication_state');
            if (BigInt(rows[0]?.['last_seq'] ?? 0) < state.seq) violations++;
            await store.save(state);
            stored.push(state);
          },
        },
      });
      capture.start();
      await world.settle(capture);
      await world.sql.query('create table unrelated (id int)');
      for (let id = 1; id <= 30; id++) {
        await world.sql.query(id % 3 ? 'insert into unrelated values ($1)' : "insert into items values ($1, 'a')", [
          String(id),
        ]);
        await world.settle(capture);
      }
      expect(violations).toBe(0);
      expect(stored.length).toBeGreaterThan(10);
    });
  });

  test('[C5] a stream whose pump is held up, and that is not even read, keeps sending its status and is not cut off', async () => {
    const slow = await world.session();
    await world.sql.query(`alter database ${world.database.name} set wal_sender_timeout = '1s'`);
    const capture = await started('stream');
    const reader = () =>
      world.sql.query('select active_pid from pg_replication_slots where database = current_database()');
    while (capture.status().capture.state !== 'streaming') await world.sql.query('select pg_sleep(0.01)');
    const before = await reader();
    await slow.query('begin');
    await slow.query('lock table sync.replication_state in access exclusive mode');
    // More than the queue holds: the reader has to wait too, and no keepalive is answered by it.
    for (let id = 1; id <= 24; id++)
      await world.sql.query("insert into items values ($1, 'a', repeat('x', 1000000))", [String(id)]);
    await slow.query('select pg_sleep(3)');
    expect(before.rows[0]?.['active_pid']).toMatch(/^\d+$/);
    expect(await reader()).toEqual(before);
    await slow.query('commit');
    await world.settle(capture);
    expect(await world.history()).toHaveLength(24);
  });

  test('waitFor on an idle server resolves although nobody writes', async () => {
    for (const reader of ['stream', 'poll'] as const) {
      const capture = await started(reader);
      const lsn = await insertLsn();
      expect((await capture.waitFor(lsn)).seq).toBe(0n);
      const given = new AbortController();
      const far = capture.waitFor((lsn + 1_000_000_000n) as Lsn, given.signal);
      given.abort();
      await expect(far).rejects.toMatchObject({ code: 'closed' });
      await capture.stop();
    }
  });
});
