import { describeFailure } from '@millrace/processes';
import { acquireDatabase } from '@millrace/testing-postgres';
import type { TestDatabase } from '@millrace/testing-postgres';
import pg from 'pg';
import { requireSyncedTables } from './require-synced-tables.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await acquireDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

async function told(): Promise<string> {
  try {
    await requireSyncedTables(database.url);
  } catch (error) {
    return describeFailure(error);
  }
  return '';
}

async function run(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

describe('requireSyncedTables', () => {
  it('names the tables that are missing', async () => {
    expect(await told()).toContain('this database lacks the tables tenants, users, profiles, invoices, payments');
  });

  it('names everything that is other than the entities have it, each with the statement that mends it', async () => {
    const { migrateDomain } = await import('@millrace/migrations-server');
    await migrateDomain({ url: database.url });
    expect(await told()).toBe('');
    await run(`alter table payments drop constraint payments_pkey;
      alter table users replica identity default, drop column display_name;
      alter table invoices alter column notes type varchar(9)`);
    const text = await told();
    for (const what of [
      'users has no column display_name; users has replica identity default, not full',
      'invoices has column notes of type character varying(9), not text',
      'payments has no primary key',
      'alter table "public"."users" add column "display_name" text not null;',
      'alter table "public"."users" replica identity full;',
      'alter table "public"."invoices" alter column "notes" type text using "notes"::text;',
      'alter table "public"."payments" add primary key ("id");',
    ]) {
      expect(text).toContain(what);
    }
  });
});
