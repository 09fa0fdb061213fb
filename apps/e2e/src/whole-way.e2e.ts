import { chromiumIsSkipped } from '@millrace/testing-harness';
import type { Page } from 'playwright-core';
import { demoTables, pageRows, startDemoStack, type DemoStack } from './support/demo-stack.js';
import { eventually } from './support/eventually.js';
import { plain, tableTextSql } from './support/table-text.js';
import { TWO_TENANTS, TWO_TENANTS_ROWS } from './support/two-tenants.js';

const describeChromium = chromiumIsSkipped() ? describe.skip : describe;

describeChromium('A change goes the whole way: Postgres, history, workerd, Chromium, and back', () => {
  let demo: DemoStack;
  let riverside: Page;
  let north: Page;
  let south: Page;

  beforeAll(async () => {
    demo = await startDemoStack();
    riverside = await demo.page('ada@riverside-mill.example');
  }, 180_000);
  afterAll(() => demo?.[Symbol.asyncDispose]());

  /** I1: in each table, exactly the tenant's rows, byte for byte. */
  async function expectSameRows(page: Page, tenantId: string): Promise<void> {
    for (const table of demoTables) {
      const condition = table.name === 'tenants' ? `id = '${tenantId}'` : `tenant_id = '${tenantId}'`;
      const server = await demo.source.rows(tableTextSql(table, condition));
      expect(plain(await pageRows(page, tableTextSql(table)))).toEqual(plain(server));
    }
  }

  const tenantId = async (slug: string) =>
    (await demo.source.rows('select id from tenants where slug = $1', [slug]))[0]?.['id'] as string;

  it('keeps an outside program’s transaction in history, each position once', async () => {
    await demo.source.run(TWO_TENANTS);
    await eventually(async () => {
      const rows = await demo.source.rows(
        `select table_name, count(*) from sync.change_history where operation = 'insert' and table_name !~ '^sync' group by 1`,
      );
      expect(Object.fromEntries(rows.map((row) => [row['table_name'], Number(row['count'])]))).toEqual(
        TWO_TENANTS_ROWS,
      );
    });
    const [history] = await demo.source.rows(
      'select count(*) as rows, count(distinct seq) as seqs, max(seq) - min(seq) + 1 as span from sync.change_history',
    );
    expect(new Set(Object.values(history ?? {})).size).toBe(1);
  });

  it('I8 gives none of it to a page of another tenant', async () => {
    const frames: string[] = [];
    riverside.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
    await expectSameRows(riverside, await tenantId('riverside-mill'));
    expect(frames.join()).not.toContain('Mills');
  });

  it('I1 shows a person of each tenant exactly their tenant’s rows', async () => {
    north = await demo.page('person2@north.example');
    south = await demo.page('person2@south.example');
    await expectSameRows(north, await tenantId('north'));
    await expectSameRows(south, await tenantId('south'));
  });

  it('shows an update made with SQL without reload', async () => {
    await demo.source.run(
      `update invoices set notes = 'hello from psql', number = 'LIVE-1' where number = 'N-000120' and tenant_id = '${await tenantId('north')}'`,
    );
    await north.locator('[data-number="LIVE-1"]').getByText('hello from psql').waitFor();
    await expectSameRows(north, await tenantId('north'));
  });

  it('carries an edit made in one page to Postgres and to a second page', async () => {
    const other = await demo.page('person3@north.example');
    await north.locator('[data-number="LIVE-1"]').click();
    await north.getByLabel('Notes').fill('written in the browser');
    await north.getByRole('button', { name: 'Save' }).click();
    await other.locator('[data-number="LIVE-1"]').getByText('written in the browser').waitFor();
    const [row] = await demo.source.rows(`select notes, version from invoices where number = 'LIVE-1'`);
    expect({ ...row }).toEqual({ notes: 'written in the browser', version: '3' });
    await eventually(async () => expectSameRows(north, await tenantId('north')));
    await eventually(async () => expectSameRows(other, await tenantId('north')));
    await other.close();
  });

  it('is right again after coming back from offline, while 1,000 rows changed (aim: within 5 s)', async () => {
    await north.getByLabel('Work offline').click();
    await north.getByRole('status').getByText('Offline').waitFor();
    const id = await tenantId('north');
    await north.evaluate(() =>
      globalThis.millrace?.db.query(`update invoices set notes = 'written offline' where number = 'N-000005'`),
    );
    await demo.source.run(`
      insert into invoices (tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at)
      select '${id}', (select id from users where tenant_id = '${id}' limit 1), 'OFF-' || n, 'open', 'EUR', n, now(), now() + interval '1 day' from generate_series(1, 700) n`);
    await demo.source.run(
      `update invoices set notes = 'changed meanwhile' where tenant_id = '${id}' and number like 'OFF-%' and amount_cents <= 290`,
    );
    await demo.source.run(
      `delete from invoices where tenant_id = '${id}' and number like 'OFF-%' and amount_cents > 690`,
    );

    const back = Date.now();
    await north.getByLabel('Work offline').click();
    await eventually(async () => {
      await expectSameRows(north, id);
      const [row] = await demo.source.rows(
        `select notes from invoices where number = 'N-000005' and tenant_id = '${id}'`,
      );
      expect(row?.['notes']).toBe('written offline');
    }, 20_000);
    console.log(`right ${Date.now() - back} ms after coming back`);
    await expectSameRows(south, await tenantId('south'));
  });

  it('shows a refused write with its reason', async () => {
    await north.getByRole('button', { name: 'New invoice' }).click();
    await north.getByLabel('Number').fill('N-000007');
    await north.getByLabel('Amount').fill('12.50');
    await north.getByRole('button', { name: 'Save' }).click();
    await north
      .getByRole('button', { name: /Refused/ })
      .getByText('1')
      .waitFor();
    await north.getByRole('button', { name: /Refused/ }).click();
    await north.getByText('unique', { exact: true }).waitFor();
    await north.getByRole('button', { name: 'Dismiss' }).click();
    await north.getByText('Nothing was refused').waitFor();
    await eventually(async () => expectSameRows(north, await tenantId('north')));
  });

  it('finds its rows again after a reload, without loading them anew', async () => {
    const position = () => south.evaluate(() => globalThis.millrace?.status.get().position?.seq.toString());
    const before = await position();
    const requests: string[] = [];
    south.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await south.reload();
    await south.waitForFunction(() => globalThis.millrace?.status.get().connected === true, undefined, {
      timeout: 60_000,
    });
    expect(requests).not.toContain('/api/snapshots');
    expect(BigInt((await position()) ?? '0')).toBeGreaterThanOrEqual(BigInt(before ?? '0'));
    await expectSameRows(south, await tenantId('south'));
  });

  it('leaves no error in the console of any page', () => {
    expect(demo.browser.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
  });
});
