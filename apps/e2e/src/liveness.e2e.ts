import { eventually } from './support/eventually.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';

/** Longer than a client may take to notice: 20 s of silence, 10 s for an answer. */
const NOTICED_MS = 45_000;

describe('A server that hangs without closing anything', () => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack();
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  it('(I9) is noticed by a client that waits, and met again when it goes on; a quiet one is left alone', async () => {
    const client = await fixture.client('a');
    await eventually(() => expect(client.status.get().connected).toBe(true));
    let losses = 0;
    const stop = client.status.subscribe(({ connected }) => connected || (losses += 1));
    const title = await written(fixture, 35_000);
    expect(losses).toBe(0);
    stop();

    const pid = fixture.stack.pid();
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(() => expect(client.status.get().connected).toBe(false), NOTICED_MS);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually(() => expect(client.status.get().connected).toBe(true), NOTICED_MS);
    await eventually(async () => {
      const { rows } = await client.db.query('select 1 from notes where title = $1', [title]);
      expect(rows).toHaveLength(1);
    });
  }, 180_000);

  it('/healthz says that capture works, and 503 while the publication leaves changes out', async () => {
    const health = async () => {
      const response = await fetch(`${fixture.stack.url}/healthz`);
      return [response.status, await response.json()];
    };
    await eventually(async () => {
      const [status, body] = await health();
      expect([status, body]).toEqual([
        200,
        { ok: true, state: expect.stringMatching(/^(streaming|polling)$/) as string },
      ]);
    });
    await fixture.source.run('alter publication millrace set (publish = insert)');
    await eventually(async () => expect(await health()).toEqual([503, { ok: false, state: 'misconfigured' }]), 90_000);
    await fixture.source.run(`alter publication millrace set (publish = 'insert, update, delete, truncate')`);
    await eventually(async () => expect((await health())[0]).toBe(200), 60_000);
  }, 180_000);
});

/** A note that is written after a while in which nothing happens. */
async function written({ source }: FixtureStack, afterMs: number): Promise<string> {
  const until = Date.now() + afterMs;
  await eventually(() => expect(Date.now()).toBeGreaterThan(until), afterMs + 5_000);
  const title = `after ${afterMs}`;
  await source.run(`insert into notes (tenant_id, title) values ('a', '${title}')`);
  return title;
}
