import { must, type Row } from '@millrace/kernel';
import type { MillraceClient, RejectedMutation } from '@millrace/pglite-client';
import { findTable } from '@millrace/schema-meta';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { eventually } from './support/eventually.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { plain, tableTextSql } from './support/table-text.js';

const notes = must(findTable(fixtureSchema, 'notes'), 'no table notes');
const taken = '00000000-0000-4000-8000-000000000001';
const nowhere = '99999999-9999-4999-8999-999999999999';

describe('I2 a refused write is shown with its reason, and nothing else is lost', () => {
  let fixture: FixtureStack;
  let client: MillraceClient;

  beforeAll(async () => {
    fixture = await startFixtureStack();
    await fixture.source.run(
      `insert into notes (id, tenant_id, title, amount) values ('${taken}', 'refused', 'taken', 1)`,
    );
    client = await fixture.client('refused');
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  async function expectSameRows(): Promise<void> {
    await eventually(async () => {
      const server = await fixture.source.rows(tableTextSql(notes, `tenant_id = 'refused'`));
      const local = await client.db.query<Row>(tableTextSql(notes), [], { text: true });
      expect(client.status.get().pending).toBe(0);
      expect(plain(local.rows)).toEqual(plain(server));
    });
  }

  /** The one refusal that this test caused; disposed of afterwards, as an app would. */
  async function takeRefusal(): Promise<RejectedMutation> {
    const [refusal, ...others] = await eventually(async () => {
      const list = await client.rejected().load();
      expect(list.length).toBeGreaterThan(0);
      return list;
    });
    expect(others).toEqual([]);
    await client.dispose(must(refusal, 'no refusal').txId);
    return refusal as RejectedMutation;
  }

  it.each([
    ['unique', `insert into notes (tenant_id, title) values ('refused', 'taken')`],
    ['check', `update notes set amount = -5 where id = '${taken}'`],
    ['foreign-key', `insert into notes (tenant_id, title, parent_id) values ('refused', 'orphan', '${nowhere}')`],
    [
      'foreign-key',
      `insert into notes (tenant_id, title, settled_by) values ('refused', 'deferred orphan', '${nowhere}')`,
    ],
    ['validation', `insert into notes (tenant_id, title) values ('refused', 'invalid')`],
    ['forbidden', `insert into notes (tenant_id, title) values ('someone-else', 'planted')`],
  ])('refused by %s: %s', async (code, sql) => {
    await client.db.query(sql, [], { validate: false });
    await client.db.query(`insert into notes (tenant_id, title) values ('refused', $1)`, [`goes through after ${sql}`]);
    const refusal = await takeRefusal();
    expect(refusal.reason.code).toBe(code);
    expect(refusal.reason.message).not.toMatch(/select|insert|update/i);
    await expectSameRows();
    const through = await fixture.source.rows(`select count(*) from notes where title = $1`, [
      `goes through after ${sql}`,
    ]);
    expect(through[0]?.['count']).toBe('1');
  });

  it('keeps a refusal until it is disposed of', async () => {
    await client.db.query(`update notes set amount = -7 where id = '${taken}'`, [], { validate: false });
    await eventually(() => expect(client.status.get().rejected).toBe(1));
    client.disconnect();
    client.connect();
    await eventually(() => expect(client.status.get().connected).toBe(true));
    expect(await client.rejected().load()).toHaveLength(1);
    await takeRefusal();
    await eventually(() => expect(client.status.get().rejected).toBe(0));
  });

  it('I8 no server-only column ever reaches the replica', async () => {
    const { rows } = await client.db.query(
      `select column_name from information_schema.columns where table_name = 'notes' and column_name = 'secret'`,
    );
    expect(rows).toEqual([]);
    const history = await fixture.source.rows(
      `select count(*) from sync.change_history where data::text || coalesce(old_data::text, '') like '%CANARY%'`,
    );
    expect(history[0]?.['count']).toBe('0');
  });
});
