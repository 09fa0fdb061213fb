import { findTable, type TableMeta } from '@millrace/schema-meta';
import type { MillraceClient } from '@millrace/pglite-client';
import { must, type Row } from '@millrace/kernel';
import { fixtureSchema } from './fixture/fixture-schema.js';
import { insertKinds, KIND_ROWS, updateKinds } from './fixture/kinds.js';
import { eventually } from './support/eventually.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { plain, tableTextSql } from './support/table-text.js';

const kinds = must(findTable(fixtureSchema, 'kinds'), 'no table kinds');
const pairs = must(findTable(fixtureSchema, 'pairs'), 'no table pairs');
const indexes = Array.from({ length: KIND_ROWS }, (_, index) => index);

describe.each(['stream', 'poll'] as const)('I10 every value reads the same on both sides (reader: %s)', (reader) => {
  let fixture: FixtureStack;
  beforeAll(async () => {
    fixture = await startFixtureStack({ reader });
  }, 120_000);
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  async function expectEqual(client: MillraceClient, table: TableMeta, tenant: string): Promise<void> {
    await eventually(async () => {
      const server = await fixture.source.rows(tableTextSql(table, `tenant_id = '${tenant}'`));
      const local = await client.db.query<Row>(tableTextSql(table), [], { text: true });
      expect(plain(local.rows)).toEqual(plain(server));
    });
  }

  it('by snapshot', async () => {
    for (const index of indexes) await fixture.source.run(insertKinds(100 + index, 'snapshot', index));
    await expectEqual(await fixture.client('snapshot'), kinds, 'snapshot');
  });

  it('by stream: insert, update of every column, unchanged TOAST, delete', async () => {
    const client = await fixture.client('stream');
    for (const index of indexes) await fixture.source.run(insertKinds(200 + index, 'stream', index));
    await expectEqual(client, kinds, 'stream');
    for (const index of indexes) await fixture.source.run(updateKinds(200 + index, index + 1));
    await expectEqual(client, kinds, 'stream');
    await fixture.source.run(`update kinds set toasted = repeat('t', 9000) where tenant_id = 'stream'`);
    await fixture.source.run(`update kinds set int_4 = 7 where tenant_id = 'stream'`);
    await expectEqual(client, kinds, 'stream');
    await fixture.source.run(`delete from kinds where id = 200`);
    await expectEqual(client, kinds, 'stream');
  });

  it('TRUNCATE, a changed key, and composite keys', async () => {
    const client = await fixture.client('keys');
    await fixture.source.run(`insert into pairs select 'keys', n, 'b' || n, 'v' from generate_series(1, 20) n`);
    await expectEqual(client, pairs, 'keys');
    await fixture.source.run(`update pairs set a = a + 9007199254740993, b = b || '💧' where a % 2 = 0`);
    await expectEqual(client, pairs, 'keys');
    await fixture.source.run(`insert into kinds (id, tenant_id, note) values (300, 'keys', 'to move')`);
    await fixture.source.run(`update kinds set id = 301 where id = 300`);
    await expectEqual(client, kinds, 'keys');
    await fixture.source.run(`truncate pairs`);
    await fixture.source.run(`insert into pairs values ('keys', 1, 'after', 'truncate')`);
    await expectEqual(client, pairs, 'keys');
  });

  it('a row that changes its tenant leaves one client and enters the other', async () => {
    const from = await fixture.client('leaves');
    const to = await fixture.client('enters');
    await fixture.source.run(
      `insert into kinds (id, tenant_id, note, toasted) values (400, 'leaves', 'mine', repeat('t', 9000))`,
    );
    await expectEqual(from, kinds, 'leaves');
    await fixture.source.run(`update kinds set tenant_id = 'enters' where id = 400`);
    await expectEqual(from, kinds, 'leaves');
    await expectEqual(to, kinds, 'enters');
  });
});
