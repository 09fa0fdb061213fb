import { entityOptions, entities } from '@millrace/db/server';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { syncedTableFaults } from '../synced-table-faults.js';
import { inTransaction, withClient } from '../with-client.js';
import { migrateDomain } from './migrate-domain.js';

const EAST = '3c1e4a52-9f0b-4d11-8a3e-0000000000e1';
const WEST = '3c1e4a52-9f0b-4d11-8a3e-0000000000f1';
const EVA = '3c1e4a52-9f0b-4d11-8a3e-0000000000e2';
const WIM = '3c1e4a52-9f0b-4d11-8a3e-0000000000f2';
const INVOICE = '3c1e4a52-9f0b-4d11-8a3e-0000000000e3';

/** Written as other programs write: ids derived from a hash, several tables in one transaction, defaults left to the database. */
const OUTSIDE_WRITER = `
  insert into tenants (id, name, slug) values ('${EAST}', 'East', 'east'), ('${WEST}', 'West', 'west');
  insert into users (id, tenant_id, email, display_name, role) values
    ('${EVA}', '${EAST}', 'eva@east.example', 'Eva Gonçalves', 'member'), ('${WIM}', '${WEST}', 'wim@west.example', 'Wim', 'member');
  insert into profiles (id, tenant_id, user_id, company, preferences)
    select md5('profile:' || id)::uuid, tenant_id, id, null, jsonb_build_object('fax', null) from users;
  insert into invoices (id, tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at, notes) values
    ('${INVOICE}', '${EAST}', '${EVA}', 'E-1', 'paid', 'USD', (1.98 * 100)::bigint, '2025-11-03', '2025-12-03', concat_ws(', ', 'Road 1', null));
  insert into payments (id, tenant_id, invoice_id, amount_cents, currency, method, status, paid_at, reference)
    select md5('payment:' || id)::uuid, tenant_id, id, amount_cents, currency, 'card', 'succeeded', issued_at, null from invoices;`;

describe('the domain tables', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await acquireDatabase();
    await migrateDomain({ url: database.url });
    await withClient(database.url, (client) => inTransaction(client, () => client.query(OUTSIDE_WRITER)));
  });
  afterAll(() => database[Symbol.asyncDispose]());

  function run<T extends object>(sql: string): Promise<T[]> {
    return withClient(database.url, async (client) => (await client.query<T>(sql)).rows);
  }

  /** Runs it and takes it back. */
  function attempt(sql: string): Promise<unknown> {
    return withClient(database.url, async (client: ClientBase) => {
      await client.query('begin');
      return client.query(sql);
    });
  }

  async function missingTables(url: string): Promise<string[]> {
    return (await syncedTableFaults({ url })).filter(({ mend }) => mend === null).map(({ table }) => table);
  }

  it('all exist, and are migrated once by processes that start together', async () => {
    await using fresh = await acquireDatabase();
    expect(await missingTables(fresh.url)).toEqual(['tenants', 'users', 'profiles', 'invoices', 'payments']);
    const runs = await Promise.all([1, 2, 3].map(() => migrateDomain({ url: fresh.url })));
    expect(runs.flat()).toEqual(['DomainTables1763900000000']);
    expect(await missingTables(fresh.url)).toEqual([]);
  });

  it('leave a database alone that has a table of that name, and say which', async () => {
    await using fresh = await acquireDatabase();
    await withClient(fresh.url, (client) => client.query('create table invoices (mine int)'));
    await expect(migrateDomain({ url: fresh.url })).rejects.toMatchObject({
      code: 'database-misconfigured',
      message: expect.stringContaining('relation "invoices" already exists') as string,
    });
    expect(await missingTables(fresh.url)).toEqual(['tenants', 'users', 'profiles', 'payments']);
  });

  it('write the whole old row to the log [D3]', async () => {
    const rows = await run(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relreplident = 'f' order by 1`,
    );
    expect(rows.map((row) => (row as { relname: string }).relname)).toEqual([
      'invoices',
      'payments',
      'profiles',
      'tenants',
      'users',
    ]);
  });

  describe('keep version, created_at and updated_at', () => {
    const kept = `select version, created_at::text, updated_at::text, updated_at > created_at as later from invoices where id = '${INVOICE}'`;

    it('for a plain SQL writer, once per update, whatever it sends [W7]', async () => {
      const [before] = await run<{ version: number; created_at: string }>(kept);
      await run(`update invoices set notes = 'a' where id = '${INVOICE}'`);
      await run(`update invoices set version = 99, created_at = 'epoch', updated_at = 'epoch' where id = '${INVOICE}'`);
      const [after] = await run<{ version: number; created_at: string; later: boolean }>(kept);
      expect(before?.version).toBe(1);
      expect(after).toMatchObject({ version: 3, created_at: before?.created_at, later: true });
    });

    it('for an insert that names them', async () => {
      const [row] = await run(`insert into tenants (name, slug, version, created_at) values ('N', 'n', 7, 'epoch')
        returning version, created_at = now() as now, created_at = updated_at as same`);
      expect(row).toEqual({ version: 1, now: true, same: true });
    });

    it('for an upsert', async () => {
      const [row] = await run(`insert into tenants (id, name, slug) values ('${WEST}', 'West', 'west')
        on conflict (id) do update set name = 'West again' returning version`);
      expect(row).toEqual({ version: 2 });
    });

    it('for TypeORM', async () => {
      const source = await new DataSource({ ...entityOptions, url: database.url }).initialize();
      try {
        const tenants = source.getRepository(entities.Tenant);
        const { id } = await tenants.save({ name: 'Orm', slug: 'orm' });
        await tenants.save({ id, name: 'Orm again' });
        expect(await tenants.findOneByOrFail({ id })).toMatchObject({
          name: 'Orm again',
          version: 2,
          createdAt: expect.any(Date) as Date,
        });
      } finally {
        await source.destroy();
      }
    });
  });

  it.each([
    [
      'an invoice to a user of another tenant',
      `insert into invoices (tenant_id, user_id, number, currency, amount_cents, issued_at, due_at)
        values ('${WEST}', '${EVA}', 'W-1', 'USD', 1, now(), now())`,
      'invoices_user_id_tenant_id_fkey',
    ],
    [
      'a payment for an invoice of another tenant',
      `insert into payments (tenant_id, invoice_id, amount_cents, currency, method) values ('${WEST}', '${INVOICE}', 1, 'USD', 'card')`,
      'payments_invoice_id_tenant_id_fkey',
    ],
    [
      'moving an invoice to another tenant',
      `update invoices set tenant_id = '${WEST}' where id = '${INVOICE}'`,
      '_fkey',
    ],
    [
      'a profile of another tenant',
      `update profiles set tenant_id = '${WEST}' where user_id = '${EVA}'`,
      'profiles_user_id_tenant_id_fkey',
    ],
    [
      'a second profile',
      `insert into profiles (tenant_id, user_id) values ('${EAST}', '${EVA}')`,
      'profiles_user_id_key',
    ],
    [
      'an invoice number twice in a tenant',
      `insert into invoices (tenant_id, user_id, number, currency, amount_cents, issued_at, due_at)
        values ('${EAST}', '${EVA}', 'E-1', 'USD', 1, now(), now())`,
      'invoices_tenant_id_number_key',
    ],
    ['a negative amount', `update invoices set amount_cents = -1`, 'invoices_amount_check'],
    ['a negative payment', `update payments set amount_cents = -1`, 'payments_amount_check'],
    [
      'an invoice due before it is issued',
      `update invoices set due_at = issued_at - interval '1 microsecond'`,
      'invoices_due_check',
    ],
    ['an email twice', `update users set email = 'eva@east.example' where id = '${WIM}'`, 'users_email_key'],
    ['a role that does not exist', `update users set role = 'owner'`, 'users_role_check'],
    [
      'deleting an invoice that has payments',
      `delete from invoices where id = '${INVOICE}'`,
      'payments_invoice_id_tenant_id_fkey',
    ],
  ])('refuse %s', async (_what, sql, constraint) => {
    await expect(attempt(sql)).rejects.toMatchObject({ constraint: expect.stringContaining(constraint) as string });
  });

  it('take the same invoice number in another tenant', async () => {
    await expect(
      attempt(`insert into invoices (tenant_id, user_id, number, currency, amount_cents, issued_at, due_at)
        values ('${WEST}', '${WIM}', 'E-1', 'USD', 9007199254740993, now(), now())`),
    ).resolves.toMatchObject({ rowCount: 1 });
  });
});
