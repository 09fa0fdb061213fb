import { connectPg } from '@millrace/postgres';
import type { CopySession } from '@millrace/kernel';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { columnMeta, scoped } from '../fixtures/every-type.js';
import { hashTable } from '../table-hash.js';
import { hashInParts } from './hash-in-parts.js';

let database: TestDatabase;
let sql: CopySession;
beforeAll(async () => {
  database = await acquireDatabase();
  sql = await connectPg({ connectionString: database.url, applicationName: 'hash-spec' });
});
afterAll(async () => {
  await sql.close();
  await database[Symbol.asyncDispose]();
});

const table = { ...scoped, name: 'large', columns: [columnMeta('id', 'integer'), columnMeta('note')] };

describe('[S6] a table that is hashed in parts', () => {
  it.each([
    ['a table', 'create table large (id int, note text)'],
    [
      'a partitioned table',
      `create table large (id int, note text) partition by range (id);
       create table large_1 partition of large for values from (minvalue) to (2000);
       create table large_2 partition of large for values from (2000) to (maxvalue)`,
    ],
  ])('%s has the hash and count of the whole, and says when a part is done', async (_what, ddl) => {
    await sql.query(ddl);
    await sql.query(`insert into large select g, repeat('x', 100) || g from generate_series(1, 9000) g`);
    await sql.query('delete from large where id % 7 = 0');
    for (const condition of ['true', 'id % 3 = 0 or id = 1', 'false']) {
      let parts = 0;
      const hashed = await hashInParts(sql, table, { condition, onPart: () => void parts++, partBlocks: 40 });
      expect(hashed).toEqual(await hashTable(sql, table, condition));
      expect(parts).toBeGreaterThan(2);
      const whole = await hashInParts(sql, table, { condition, onPart: () => void parts++ });
      expect(whole).toEqual(hashed);
    }
    await sql.query('drop table large');
  });

  it('an empty table has one part', async () => {
    await sql.query('create table large (id int, note text)');
    let parts = 0;
    const hashed = await hashInParts(sql, table, { condition: 'true', onPart: () => void parts++ });
    expect([hashed.count, hashed.hash, parts]).toEqual(['0', '0', 1]);
    await sql.query('drop table large');
  });
});
