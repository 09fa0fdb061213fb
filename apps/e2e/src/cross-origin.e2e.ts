import { tableOf, readySnapshot, requestChunk } from './support/snapshots.js';
import { ledgerRows } from './fixture/ledger-load.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { rawClient } from './support/raw-client.js';

const PAGE = 'https://app.example';

describe('Pages of another origin (X15)', () => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack({ env: { MILLRACE_ALLOWED_ORIGINS: PAGE } });
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  const preflight = (origin: string) =>
    fetch(`${fixture.stack.url}/api/changes`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it('are asked by the browser whether they may call, and told so by the list', async () => {
    const allowed = await preflight(PAGE);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('get chunks as they are stored, packed once', async () => {
    await fixture.source.run(ledgerRows('a', 1_000));
    const client = await rawClient(fixture, 'a');
    const { id, chunks } = tableOf(await readySnapshot(client), 'ledger');
    const own = await requestChunk(client, id, 0);
    const theirs = await fetch(own.url, {
      headers: { origin: PAGE, authorization: `Bearer ${await client.token()}`, 'accept-encoding': 'gzip' },
    });
    expect(theirs.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(theirs.headers.get('content-encoding')).toBe('gzip');
    expect((await theirs.arrayBuffer()).byteLength).toBe(chunks[0]?.rawBytes);
    expect((await own.arrayBuffer()).byteLength).toBe(chunks[0]?.rawBytes);
  });
});
