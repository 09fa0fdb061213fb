import type { MillraceClient } from '@millrace/pglite-client';
import { ledgerRows } from './fixture/ledger-load.js';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { countingTransport, type CountingTransport } from './support/counting-transport.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';

/** Above what is delivered as one transaction [D4]. */
const HUGE = 25_000;

describe('[S4] what cannot be delivered as a transaction comes as a fill', () => {
  let fixture: FixtureStack;
  let client: MillraceClient;
  let counted: CountingTransport;
  beforeAll(async () => {
    fixture = await startFixtureStack();
    counted = countingTransport(fixture.stack.url);
    await fixture.source.run(`insert into notes (tenant_id, title) values ('t', 'kept'); ${ledgerRows('t', 10)}`);
    client = await fixture.client('t', 'reader', { transport: counted });
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  const epochs = async () =>
    (await fixture.source.rows('select count(distinct epoch) as n from sync.change_history'))[0]?.['n'];

  async function expectEqual(withinMs = 60_000): Promise<void> {
    await eventually(async () => {
      for (const table of fixtureSchema.tables)
        await expectSameRows({ client, source: fixture.source, tenant: 't' }, table);
    }, withinMs);
  }

  it(`[D4] a transaction of ${HUGE} rows: the table is filled, the others stay, the epoch goes on`, async () => {
    const before = await epochs();
    const position = client.status.get().position;
    await client.db.query(`insert into notes (tenant_id, title) values ('t', 'pending while it came')`);
    await fixture.source.run(ledgerRows('t', HUGE));
    await fixture.source.run(`update notes set amount = 7 where title = 'kept'`);
    await expectEqual();
    expect(await epochs()).toBe(before);
    expect(client.status.get().position?.epoch).toBe(position?.epoch);
  }, 120_000);

  it('I12 rows written before the table was published come by a fill as well', async () => {
    await fixture.source.run('alter publication millrace drop table notes').catch(() => undefined);
    await fixture.source.run(`insert into notes (tenant_id, title) values ('t', 'not captured')`);
    await fixture.stack.kill9();
    await fixture.stack.listening();
    await fixture.stack.wake();
    await expectEqual();
  }, 120_000);

  it('I12 [M4] a table that was rewritten behind our back is read anew, once its columns are those of the schema again', async () => {
    const touch = `update ledger set n = n where n = 3 and tenant_id = 't'`;
    // All values change, and no change of a row is in the WAL.
    await fixture.source.run(`alter table ledger alter column amount type numeric using amount * 2; ${touch}`);
    await eventually(() => expect(client.status.get().resync).toBe('rewritten'), 90_000);
    await fixture.source.run(`alter table ledger alter column amount type bigint using amount + 1; ${touch}`);
    await expectEqual(120_000);
  }, 240_000);

  it('[S6] verify() finds what no one can see in the WAL, a rewrite that keeps the type, and the table is repaired', async () => {
    await expectEqual();
    // Capture may still find that the table was rewritten twice, and have it filled once more [M4].
    await eventually(async () =>
      expect((await client.verify()).tables.map(({ outcome }) => outcome)).toEqual(
        fixtureSchema.tables.map(() => 'equal'),
      ),
    );
    await fixture.source.run(`alter table ledger alter column amount type bigint using amount + 5`);
    const report = await client.verify();
    expect(report.tables.find(({ name }) => name === 'ledger')?.outcome).toBe('repaired');
    await expectEqual();
  }, 120_000);
});
