import { startTestServer, type TestServer } from '@millrace/testing-postgres';
import { captureWorld } from './testing/capture-world.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A standby that never answers keeps each commit in the WAL and out of every snapshot, for as long as the test wants. */
test.each(['stream', 'poll'] as const)(
  '[H1] a committed transaction that no snapshot can see yet is not persisted, nor anything behind it (%s)',
  async (reader) => {
    await using world = await captureWorld({ serverUrl: server.url });
    await world.sql.query(`alter database ${world.database.name} set synchronous_commit = local`);
    const writer = await world.session();
    await world.sql.query('set synchronous_commit = local');
    await world.sql.query("alter system set synchronous_standby_names = 'ghost'");
    await world.sql.query('select pg_reload_conf()');
    while ((await world.sql.query('show synchronous_standby_names')).rows[0]?.['synchronous_standby_names'] !== 'ghost')
      await world.sql.query('select pg_sleep(0.01)');

    const capture = world.capture({ reader });
    capture.start();
    await world.settle(capture);
    await writer.query('set synchronous_commit = on');
    const hidden = writer.query("insert into items values (1, 'a')");
    while (capture.status().capture.state !== 'gate-waiting') await world.sql.query('select pg_sleep(0.01)');
    await world.sql.query("insert into items values (2, 'a')");
    const waiting = world.settle(capture);

    // Decoded, and in the slot; but a snapshot taken now has neither of the two positions.
    expect((await world.sql.query('select id from items')).rows).toEqual([{ id: '2' }]);
    expect(await world.history()).toHaveLength(0);
    expect(capture.head()?.seq).toBe(0n);
    expect(capture.status().capture).toMatchObject({
      state: 'gate-waiting',
      detail: expect.stringContaining('not visible') as string,
    });

    await world.sql.query('alter system reset synchronous_standby_names');
    await world.sql.query('select pg_reload_conf()');
    await hidden;
    expect((await waiting).seq).toBe(2n);
    expect((await world.history()).map(({ data }) => (JSON.parse(data as string) as { id: string }).id)).toEqual([
      '1',
      '2',
    ]);
    expect(capture.status().capture.state).toBe(reader === 'stream' ? 'streaming' : 'polling');
  },
);
