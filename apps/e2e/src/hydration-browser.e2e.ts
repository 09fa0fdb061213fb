import { chromiumIsSkipped } from '@millrace/testing-harness';
import type { Page } from 'playwright-core';
import { demoTables, pageRows, startDemoStack, type DemoStack } from './support/demo-stack.js';
import { tableTextSql } from './support/table-text.js';

const EMAIL = 'ada@riverside-mill.example';
/** `ROWS=1000000` for the long run. */
const ROWS = Number(process.env['ROWS'] ?? 150_000);

const INVOICES = `
  insert into invoices (tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at)
  select u.tenant_id, u.id, 'L-' || n, 'open', 'EUR', n, now(), now() + interval '30 days' from users u, generate_series(1, ${ROWS}) n where u.email = '${EMAIL}'`;

const describeChromium = chromiumIsSkipped() ? describe.skip : describe;

describeChromium(`[S3] a page loads ${ROWS.toLocaleString('en')} rows`, () => {
  let demo: DemoStack;
  beforeAll(async () => {
    demo = await startDemoStack(INVOICES);
  }, 240_000);
  afterAll(() => demo?.[Symbol.asyncDispose]());

  it('F38 a tab that is killed at 60 % and opened again loads less than half of the bytes again', async () => {
    const first = await demo.browser.newPage();
    const firstBytes = countChunkBytes(first);
    await signIn(first, demo.stack.url);
    await first.waitForFunction(
      () => {
        const progress = globalThis.millrace?.status.get().progress;
        return (
          progress !== null &&
          progress !== undefined &&
          progress.ofBytes > 0 &&
          progress.bytes >= 0.6 * progress.ofBytes
        );
      },
      undefined,
      { polling: 5, timeout: 120_000 },
    );
    await crash(first);
    const second = await demo.browser.newPage();
    const secondBytes = countChunkBytes(second);
    await signIn(second, demo.stack.url);
    await second.waitForFunction(() => globalThis.millrace?.status.get().connected === true, undefined, {
      timeout: 120_000,
    });
    const all = firstBytes() + secondBytes();
    console.log(`killed at 60 %: ${firstBytes()} bytes before, ${secondBytes()} after`);
    expect(secondBytes()).toBeLessThan(all / 2);
    for (const table of demoTables) {
      const condition =
        table.name === 'tenants'
          ? `slug = 'riverside-mill'`
          : `tenant_id = (select id from tenants where slug = 'riverside-mill')`;
      const digest = (text: string) =>
        `select md5(string_agg(t::text, '' order by t.id)) as digest, count(*)::text as count from (${text}) t`;
      const [there] = await demo.source.rows(digest(tableTextSql(table, condition)));
      const [here] = await pageRows(second, digest(tableTextSql(table)));
      expect({ table: table.name, ...here }).toEqual({ table: table.name, ...there });
    }
  }, 300_000);

  it('shows how far it is, and a person can work with the old rows while they are loaded anew', async () => {
    const page = await demo.page('ben@riverside-mill.example');
    const seen = await page.evaluate(async () => {
      const client = globalThis.millrace;
      if (!client) throw new Error('no client');
      const counts = new Set<string>();
      client.resync();
      do {
        const { rows } = await client.db.query<{ count: string }>('select count(*)::text as count from invoices');
        counts.add(rows[0]?.count ?? '');
        await new Promise((resolve) => setTimeout(resolve, 5));
      } while (!client.status.get().connected);
      return [...counts];
    });
    expect(seen).toHaveLength(1);
  }, 300_000);
});

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('searchbox').fill(EMAIL);
  await page.getByRole('button', { name: EMAIL }).click();
}

/** As the task manager does. */
async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}

/** Bytes of chunks as they travelled. */
function countChunkBytes(page: Page): () => number {
  let bytes = 0;
  page.on('response', (response) => {
    if (response.ok() && response.url().includes('/chunks/'))
      bytes += Number(response.headers()['content-length'] ?? 0);
  });
  return () => bytes;
}
