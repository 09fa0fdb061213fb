import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { migrateDomain } from './domain/migrate-domain.js';
import { syncedTableFaults } from './synced-table-faults.js';
import { withClient } from './with-client.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await acquireDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const run = (sql: string) => withClient(database.url, (client) => client.query(sql));
const faults = () => syncedTableFaults({ url: database.url });

test('an empty database lacks every table', async () => {
  expect((await faults()).map(({ what, mend }) => [what, mend])).toEqual(
    ['tenants', 'users', 'profiles', 'invoices', 'payments'].map((name) => [`${name} does not exist`, null]),
  );
});

describe('[M5] tables that are not as the schema has them', () => {
  beforeAll(() => migrateDomain({ url: database.url }));

  test('have none to begin with', async () => {
    expect(await faults()).toEqual([]);
  });

  test.each([
    ['a column', 'alter table users drop column display_name', 'users has no column display_name'],
    [
      'another type',
      'alter table invoices alter column notes type varchar(40)',
      'invoices has column notes of type character varying(40), not text',
    ],
    [
      'an enum as text',
      'alter table invoices alter column status drop default, alter column status type text',
      'invoices has column status of type text, not invoice_status',
    ],
    ['no key', 'alter table payments drop constraint payments_pkey', 'payments has no primary key'],
    [
      'another key',
      'alter table profiles drop constraint profiles_pkey, add constraint profiles_pk primary key (id, tenant_id)',
      'profiles has the primary key (id, tenant_id), not (id)',
    ],
    [
      'replica identity default',
      'alter table users replica identity default',
      'users has replica identity default, not full',
    ],
    [
      'replica identity nothing',
      'alter table payments replica identity nothing',
      'payments has replica identity nothing, not full',
    ],
  ])('%s: it is named, and the statement mends it', async (_title, breakIt, what) => {
    await run(breakIt);
    const [fault, ...others] = await faults();
    expect(fault?.what).toBe(what);
    expect(others).toEqual([]);
    await run(fault?.mend ?? '');
    expect(await faults()).toEqual([]);
  });

  test('an identity by an index is a choice, and no fault', async () => {
    await run('alter table payments replica identity using index payments_pkey');
    expect(await faults()).toEqual([]);
    await run('alter table payments replica identity full');
  });
});
