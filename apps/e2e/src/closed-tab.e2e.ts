import { chromiumIsSkipped } from '@millrace/testing-harness';
import { startDemoStack, type DemoStack } from './support/demo-stack.js';
import { eventually } from './support/eventually.js';

const describeChromium = chromiumIsSkipped() ? describe.skip : describe;

describeChromium('[A5] A second tab of one user is closed with a write that it has not sent', () => {
  let demo: DemoStack;

  beforeAll(async () => {
    demo = await startDemoStack();
  }, 180_000);
  afterAll(() => demo?.[Symbol.asyncDispose]());

  it('reaches the server through the tab that is left', async () => {
    const email = 'ada@riverside-mill.example';
    const first = await demo.page(email);
    const second = await demo.page(email);
    const ids = await Promise.all(
      [first, second].map((page) => page.evaluate(() => globalThis.millrace?.status.get().clientId)),
    );
    expect(new Set(ids).size).toBe(2);
    await second.getByLabel('Work offline').click();
    await second.getByRole('status').getByText('Offline').waitFor();
    await second.evaluate(() =>
      globalThis.millrace?.db.query(
        `update invoices set notes = 'left behind' where id = (select min(id::text)::uuid from invoices)`,
      ),
    );
    await second.close();
    await eventually(async () => {
      const rows = await demo.source.rows(`select 1 from invoices where notes = 'left behind'`);
      expect(rows).toHaveLength(1);
    }, 60_000);
    await first.waitForFunction(
      () => {
        const { pending, unread } = globalThis.millrace?.status.get().elsewhere ?? { pending: 1, unread: 1 };
        return pending + unread === 0;
      },
      undefined,
      { timeout: 30_000 },
    );
    await first.getByRole('status').getByText('In sync').waitFor();
    const { rows } = await first.evaluate(async () => {
      const found = await globalThis.millrace?.db.query(`select 1 from invoices where notes = 'left behind'`);
      return { rows: found?.rows.length };
    });
    expect(rows).toBe(1);
  }, 120_000);
});
