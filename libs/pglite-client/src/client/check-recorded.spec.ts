import { LIMITS } from '@millrace/sync-protocol';
import { createClient } from './create-client.js';
import type { MillraceClient } from './millrace-client.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { scriptedTransport, welcomeAt } from '../testing/scripted-transport.js';
import { serveHydration } from '../testing/serve-hydration.js';
import { emptyHydration } from '../testing/empty-hydration.js';
import { until } from '../testing/until.js';
import { frames, item, put, uuid } from '../testing/conformance/client-store-world.js';

const MiB = 1024 * 1024;
const TOO_MUCH = { code: 'limit-exceeded' };

describe('what one local transaction may write', () => {
  const transport = scriptedTransport();
  const bodies: number[] = [];
  let client: MillraceClient;

  beforeAll(async () => {
    const accept = transport.onPush;
    transport.onPush = (request) => {
      bodies.push(new TextEncoder().encode(JSON.stringify(request)).length);
      return accept(request);
    };
    await serveHydration(transport, emptyHydration(10));
    client = await createClient(
      { url: 'http://test', getToken: () => Promise.resolve('token'), schema: conformanceSchema, storage: 'memory' },
      { transport },
    );
    await client.ready;
    const socket = await transport.nextSocket();
    await socket.next('hello');
    socket.say(welcomeAt(10));
    await until(client.status, (status) => status.connected);
    socket.say(
      ...frames(10, 11, [put(item(1, { name: 'x'.repeat(7 * MiB) })), put(item(2, { name: 'z'.repeat(7 * MiB) }))]),
    );
    await until(client.status, (status) => status.position?.seq === 11n);
  }, 60_000);
  afterAll(() => client.close());

  /** All that is written goes up, and each body is one that the server reads. */
  async function expectSent(): Promise<void> {
    const written = (await client.pending().load()).length;
    await until(client.pending(), (all) => all.length === written && all.every((mutation) => mutation.answer !== null));
    expect(Math.max(...bodies)).toBeLessThanOrEqual(LIMITS.pushBytes);
  }

  it('a row with a large value can be edited, and deleted', async () => {
    await client.db.query(`update items set amount = 5 where id = $1`, [uuid(1)]);
    await client.db.query(`update items set name = $2 where id = $1`, [uuid(1), 'y'.repeat(3 * MiB)]);
    await client.db.query(`delete from items where id = $1`, [uuid(1)]);
    await client.db.query(`delete from items where id = $1`, [uuid(2)]);
    await expectSent();
    const [, update, own, other] = transport.pushes.flatMap((push) => push.mutations.map(({ changes }) => changes[0]!));
    // [W7] Old values that no push can carry stay here: one that is left out, or equals nothing, counts as another one if the version has moved on.
    expect([update!.old, update!.version]).toEqual([{}, '2']);
    expect(own!.old['name']).toHaveLength(3 * MiB);
    expect([other!.old['name'], other!.version]).toEqual(['\0', '1']);
    expect((await client.pending().load()).at(-1)?.changes[0]?.old['name']).toHaveLength(7 * MiB);
  }, 60_000);

  it('3,000 rows go in one transaction', async () => {
    await client.db.query(
      `insert into items (id, name) select gen_random_uuid(), repeat('n', 400) from generate_series(1, 3000)`,
    );
    await expectSent();
  }, 60_000);

  it('characters that take more room count as what they take', async () => {
    await client.db.query(`insert into items (id, name) values ($1, repeat('"', 2000000))`, [uuid(3)]);
    await client.db.query(`insert into items (id, name) values ($1, repeat('€', 1390000))`, [uuid(4)]);
    await expectSent();
  }, 60_000);

  it('refuses what no push can carry, with what to do', async () => {
    const large = client.db.query(`insert into items (id, name) values ($1, repeat('n', 4200000))`, [uuid(5)]);
    await expect(large).rejects.toMatchObject(TOO_MUCH);
    await expect(large).rejects.toThrow(/items.*4,194,304 bytes/s);
    const many = client.db.query(
      `insert into items (id, name) select gen_random_uuid(), repeat('n', 1000) from generate_series(1, 6000)`,
    );
    await expect(many).rejects.toThrow(/6,000 changes.*4,194,304 bytes.*several transactions/s);
    const rows = client.db.query(`insert into items (id) select gen_random_uuid() from generate_series(1, 10001)`);
    await expect(rows).rejects.toThrow(/10,001 changes.*10,000.*several transactions/s);
    expect((await client.db.query(`select count(*)::int as n from items where name is null`)).rows).toEqual([{ n: 0 }]);
  }, 60_000);
});
