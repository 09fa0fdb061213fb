import { schema, validators } from '@millrace/db';
import { migrateDomain, migrateEngine, seedDemo } from '@millrace/migrations-server';
import { createClient, type MillraceClient } from '@millrace/pglite-client';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-harness';
import { randomBytes } from 'node:crypto';
import { eventually } from './support/eventually.js';
import { openSource, type Source } from './support/source.js';
import { startWranglerDev, type WranglerDev } from './support/wrangler-dev.js';

/** `npm start` and self-hosting run standalone workerd; this holds that `wrangler dev`, and so a deployment, runs the same Worker. */
describe('under wrangler dev', () => {
  const resources = new AsyncDisposableStack();
  const adminToken = randomBytes(16).toString('hex');
  let database: TestDatabase;
  let source: Source;
  let wrangler: WranglerDev;
  let client: MillraceClient;

  beforeAll(async () => {
    database = resources.use(await acquireDatabase());
    await migrateEngine({ url: database.url });
    await migrateDomain({ url: database.url });
    await seedDemo({ url: database.url });
    source = resources.use(await openSource(database.url));
    wrangler = resources.use(
      await startWranglerDev({
        DATABASE_URL: database.url,
        MILLRACE_JWT_SECRET: randomBytes(32).toString('hex'),
        MILLRACE_ADMIN_TOKEN: adminToken,
        MILLRACE_DEV: '1',
      }),
    );
  }, 180_000);
  afterAll(() => resources.disposeAsync());

  async function signIn(): Promise<string> {
    const response = await fetch(`${wrangler.url}/api/dev/sign-in`, {
      method: 'POST',
      body: JSON.stringify({ email: 'ada@riverside-mill.example' }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  it('registers and hydrates a client', async () => {
    client = await createClient({ url: wrangler.url, getToken: signIn, schema, validators, storage: 'memory' });
    resources.defer(() => client.close());
    await client.ready;
    const [server] = await source.rows('select count(*) from invoices');
    const local = await client.db.query<{ count: string }>('select count(*) from invoices', [], { text: true });
    expect(Number(server?.['count'])).toBeGreaterThan(0);
    expect(local.rows[0]?.count).toBe(server?.['count']);
  });

  it('delivers an update', async () => {
    await source.run(`update invoices set notes = 'through wrangler'`);
    await eventually(async () => {
      const { rows } = await client.db.query<{ notes: string }>('select distinct notes from invoices');
      expect(rows).toEqual([{ notes: 'through wrangler' }]);
    });
  });

  it('takes a write', async () => {
    await client.db.query(
      `update invoices set notes = 'written here' where id = (select min(id::text)::uuid from invoices)`,
    );
    await eventually(async () => {
      const [row] = await source.rows(`select count(*) from invoices where notes = 'written here'`);
      expect(row?.['count']).toBe('1');
      expect(client.status.get().pending).toBe(0);
    });
  });

  it('polls, as on Cloudflare, and says who is connected', async () => {
    const response = await fetch(`${wrangler.url}/api/admin/status`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    expect(await response.json()).toMatchObject({
      capture: { state: 'polling', reader: 'poll' },
      instances: [{ rowKeys: expect.any(Array) }],
    });
  });

  it('says nothing of errors', async () => {
    expect(await wrangler.log()).not.toMatch(/"level":"error"|Uncaught/);
  });
});
