import { manualClock } from '@millrace/testing';
import { createClient } from './create-client.js';
import type { MillraceClient } from './millrace-client.js';
import { conformanceSchema } from '../testing/conformance-schema.js';
import { uuid } from '../testing/conformance/client-store-world.js';
import { scriptedTransport } from '../testing/scripted-transport.js';

const GIVEN_UP = { code: 'timeout', message: expect.stringMatching(/use the tx/) };

describe('a transaction that waits for itself', () => {
  const clock = manualClock();
  let client: MillraceClient;
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  beforeAll(async () => {
    client = await createClient(
      {
        url: 'http://test',
        getToken: () => Promise.resolve('token'),
        schema: conformanceSchema,
        storage: 'memory',
        connect: false,
      },
      { transport: scriptedTransport(), clock },
    );
  });
  afterAll(() => client.close());

  it.each([
    ['client.db.query', () => client.db.query('select 1')],
    ['client.db.transaction', () => client.db.transaction((tx) => tx.query('select 1'))],
    ['client.live', () => client.live('select 1', [], () => undefined)],
    ['a list', () => client.pending().load()],
    ['dispose', () => client.dispose(uuid(9))],
  ])('is rolled back with what to do: %s inside', async (_name, call) => {
    let inside: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (inside = resolve));
    let late: Promise<unknown> = Promise.resolve();
    const attempt = client.db.transaction(async (tx) => {
      await tx.query('insert into items (id, name) values ($1, $2)', [uuid(1), 'one']);
      const nested = call();
      inside();
      await nested;
      late = tx.query('select 1');
      await late;
    });
    attempt.catch(() => undefined);
    await waiting;
    await turn();
    clock.advance(9_999);
    await turn();
    clock.advance(1);
    await expect(attempt).rejects.toMatchObject(GIVEN_UP);
    expect((await client.db.query('select * from items')).rows).toEqual([]);
    await turn();
    await expect(late).rejects.toMatchObject(GIVEN_UP);
  });

  it('one that nobody waits for may take its time', async () => {
    await client.db.transaction(async (tx) => {
      await tx.query('insert into items (id, name) values ($1, $2)', [uuid(2), 'two']);
      clock.advance(3_600_000);
      await turn();
    });
    expect((await client.db.query('select name from items')).rows).toEqual([{ name: 'two' }]);
  });

  it('others wait as long as its statements come', async () => {
    let other: Promise<unknown> = Promise.resolve();
    await client.db.transaction(async (tx) => {
      await tx.query('select 1');
      other = client.db.query('select 1');
      for (let step = 0; step < 5; step += 1) {
        clock.advance(9_000);
        await tx.query('select 1');
      }
    });
    await other;
  });
});
