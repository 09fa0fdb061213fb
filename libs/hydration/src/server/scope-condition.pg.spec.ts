import type { CopySession } from '@millrace/kernel';
import { connectPg } from '@millrace/postgres';
import { rule, type TableMeta } from '@millrace/schema-meta';
import { ruleToSql } from '@millrace/sync-rules';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { columnMeta, scoped } from '../fixtures/every-type.js';
import { scopeCondition } from './scope-condition.js';

const UUID = '018f0000-0000-4000-8000-00000000000a';

let database: TestDatabase;
let sql: CopySession;
beforeAll(async () => {
  database = await acquireDatabase();
  sql = await connectPg({ connectionString: database.url, applicationName: 'scope-spec' });
  await sql.query(`create table owned(id int primary key, by_uuid uuid, by_int integer, by_big bigint, by_small smallint, by_text text, by_char character(5), by_flag boolean);
    insert into owned values
      (1, '${UUID}', 7, 7, 7, '7', '7', true), (2, null, null, null, null, null, null, null),
      (3, '018f0000-0000-4000-8000-00000000000b', -70, -70, -70, E'\\'', 'abcde', false), (4, '${UUID}', 0, 0, 0, '', '', true);
    insert into owned select g, gen_random_uuid(), g, g, 1, g, null, null from generate_series(100, 5000) g;
    create index on owned (by_uuid); create index on owned (by_text); analyze owned`);
});
afterAll(async () => {
  await sql.close();
  await database[Symbol.asyncDispose]();
});

const types = {
  by_uuid: 'uuid',
  by_int: 'integer',
  by_big: 'bigint',
  by_small: 'smallint',
  by_text: 'text',
  by_char: 'character(5)',
  by_flag: 'boolean',
};

function owned(column: string): TableMeta {
  const columns = Object.entries(types).map(([name, type]) => columnMeta(name, type));
  const read = rule.and(rule.claim(column, 'own'), rule.not(rule.value('by_text', 'never')));
  return { ...scoped, name: 'owned', columns, read };
}

const VALUES = [
  UUID,
  UUID.toUpperCase(),
  `{${UUID}}`,
  '7',
  '+7',
  '07',
  ' 7',
  '-70',
  '0',
  '-0',
  '7.0',
  "'",
  '',
  't',
  'true',
  'abcde',
  '99999',
  '12345678901234567890',
  'not a number',
  "7' or true --",
];

describe('X30 scopeCondition', () => {
  it.each(Object.keys(types))(
    '%s: never finds other rows than the rule, whatever the claim, and never fails',
    async (column) => {
      const table = owned(column);
      const found = async (condition: string) =>
        (await sql.query(`select id from owned where ${condition} order by id`)).rows.map((row) => row['id']);
      for (const own of VALUES) {
        expect([own, await found(scopeCondition(table, { own }))]).toEqual([
          own,
          await found(ruleToSql(table.read, { own })),
        ]);
      }
      expect(await found(scopeCondition(table, {}))).toEqual([]);
    },
  );

  it.each([
    ['by_uuid', UUID],
    ['by_text', '7'],
  ])('finds the rows of one owner by an index on %s', async (column, own) => {
    const plan = await sql.query(`explain select * from owned where ${scopeCondition(owned(column), { own })}`);
    expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index|Bitmap/);
  });

  it('is the rule alone where that names no owner', () => {
    expect(scopeCondition({ ...scoped, read: rule.all() }, { own: '7' })).toBe('true');
    const either = rule.or(rule.claim('tenant_id', 'own'), rule.all());
    expect(scopeCondition({ ...scoped, read: either }, { own: '7' })).toBe(ruleToSql(either, { own: '7' }));
  });
});
