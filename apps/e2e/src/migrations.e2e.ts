import { schema, validators } from '@millrace/db';
import { must } from '@millrace/kernel';
import { createClient, type MillraceClient } from '@millrace/pglite-client';
import { findTable, rule, type SchemaMeta, type TableMeta } from '@millrace/schema-meta';
import type { Page } from 'playwright-core';
import { pageRows, startDemoStack, type DemoStack } from './support/demo-stack.js';
import { eventually } from './support/eventually.js';
import { expectSameRows } from './support/expect-same-rows.js';
import { SchemaSteps } from './support/schema-steps.js';
import { signToken } from './support/tokens.js';
import { TWO_TENANTS } from './support/two-tenants.js';

declare global {
  /** What the page's client read anew. */
  var loaded: string[] | undefined;
}

const QUEUED = 50;
const invoiceIds = `select id::text as id from invoices where tenant_id = md5('tenant:north')::uuid order by number`;

let demo: DemoStack;
let steps: SchemaSteps;
let tenant: string;
const open: MillraceClient[] = [];

beforeAll(async () => {
  demo = await startDemoStack(TWO_TENANTS);
  steps = new SchemaSteps(demo.stack.databaseUrl);
  tenant = must((await demo.source.rows(`select md5('tenant:north')::uuid::text as id`))[0]?.['id'], 'a tenant');
}, 240_000);
afterAll(async () => {
  await Promise.all(open.map((client) => client.close()));
  await demo?.[Symbol.asyncDispose]();
});

/** A client in memory of an app that was built with `built`, with its rows. */
async function clientOf(sub: string, built: SchemaMeta = schema): Promise<MillraceClient> {
  const client = await createClient({
    url: demo.stack.url,
    getToken: () => signToken(demo.stack.jwtSecret, { sub, tenantId: tenant }),
    schema: built,
    validators,
    storage: 'memory',
  });
  open.push(client);
  await client.ready;
  return client;
}

const tableOf = ({ tables }: SchemaMeta, name: string): TableMeta =>
  must(
    tables.find((table) => table.name === name),
    `no table ${name}`,
  );

async function expectEqual(client: MillraceClient, name: string): Promise<void> {
  const table = must(findTable(client.schema.get(), name), `the client has no table ${name}`);
  await eventually(() => expectSameRows({ client, source: demo.source, tenant }, table), 60_000);
}

async function away(client: MillraceClient): Promise<void> {
  client.disconnect();
  await eventually(() => expect(client.status.get().connected).toBe(false));
}

const versionOf = (client: MillraceClient): string => client.status.get().schema.version;

/** As `nx g entity` and `migration:generate` would write it, with a column for a table that is there. */
function withCreditNotes(before: SchemaMeta): SchemaMeta {
  const invoices = tableOf(before, 'invoices');
  const column = (name: string) =>
    must(
      invoices.columns.find((one) => one.name === name),
      name,
    );
  const remark = { ...column('notes'), name: 'purchase_order', property: 'purchaseOrder' };
  const kept = ['created_at', 'updated_at', 'version'].map(column);
  const own = invoices.columns.filter(({ name }) => !kept.some((one) => one.name === name));
  const notes: TableMeta = {
    ...invoices,
    name: 'credit_notes',
    entity: 'CreditNote',
    columns: [column('id'), column('tenant_id'), { ...column('number'), name: 'reason', property: 'reason' }, ...kept],
    read: rule.claim('tenant_id', 'tenantId'),
    write: rule.claim('tenant_id', 'tenantId'),
  };
  const tables = before.tables.map((table) =>
    table.name === 'invoices' ? { ...invoices, columns: [...own, remark, ...kept] } : table,
  );
  return { ...before, tables: [...tables, notes] };
}

const CREDIT_NOTES = {
  name: 'AddCreditNotes1764000000001',
  up: [
    `create table credit_notes (
       id uuid not null default gen_random_uuid(), tenant_id uuid not null, reason text not null,
       created_at timestamptz not null default now(), updated_at timestamptz not null default now(), version integer not null default 1,
       constraint credit_notes_pkey primary key (id),
       constraint credit_notes_tenant_id_fkey foreign key (tenant_id) references tenants (id))`,
    'alter table credit_notes replica identity full',
    'create trigger keep_row_columns before insert or update on credit_notes for each row execute function keep_row_columns()',
    'alter table invoices add purchase_order text',
  ],
  down: ['alter table invoices drop column purchase_order', 'drop table credit_notes'],
  after: withCreditNotes,
};

describe('[M1, M3] an additive step: a new table and a nullable column', () => {
  let online: MillraceClient;
  let offline: MillraceClient;
  let page: Page;
  /** Tables that were read anew; `all` for all of them. */
  const loaded = new Set<string>();

  beforeAll(async () => {
    online = await clientOf('online');
    offline = await clientOf('offline');
    page = await demo.page('person1@north.example');
    await page.evaluate(() => {
      const loaded: string[] = [];
      globalThis.loaded = loaded;
      globalThis.millrace?.status.subscribe(({ resync, filling }) => {
        if (resync) loaded.push(...(filling ?? ['all']));
      });
    });
    await away(offline);
    const ids = (await offline.db.query<{ id: string }>(`${invoiceIds} limit ${QUEUED}`)).rows;
    expect(ids).toHaveLength(QUEUED);
    for (const [n, { id }] of ids.entries()) {
      await offline.db.query('update invoices set notes = $1 where id = $2', [`queued ${n}`, id]);
    }
    online.status.subscribe(({ resync, filling }) => {
      if (resync) for (const table of filling ?? ['all']) loaded.add(table);
    });
    await steps.run(CREDIT_NOTES);
    await demo.source.run(`
      insert into credit_notes (id, tenant_id, reason) select md5('credit' || n)::uuid, '${tenant}', 'reason ' || n from generate_series(1, 20) n;
      update invoices set purchase_order = 'PO ' || number where tenant_id = '${tenant}'`);
  }, 240_000);

  it('reaches an open client at its place, which has the new rows and reads no table anew that it had', async () => {
    await eventually(() => expect(versionOf(online)).toBe(steps.schema.version), 60_000);
    await expectEqual(online, 'credit_notes');
    await expectEqual(online, 'invoices');
    expect([...loaded].filter((table) => table !== 'credit_notes')).toEqual([]);
  }, 120_000);

  it('reaches an open page whose bundle never heard of it, without reload or new hydration', async () => {
    await eventually(async () => {
      const [row] = await pageRows(page, 'select count(*) as count from credit_notes');
      expect(row?.['count']).toBe('20');
    }, 60_000);
    const [order] = await pageRows(page, 'select count(*) as count from invoices where purchase_order is null');
    expect(order?.['count']).toBe('0');
    // Gone if the page had been reloaded.
    const seen = await page.evaluate(() => globalThis.loaded ?? ['reloaded']);
    expect(seen.filter((table) => table !== 'credit_notes')).toEqual([]);
  }, 120_000);

  it(`(F72) a client that was away with ${QUEUED} queued writes comes back, migrates, and each arrives once`, async () => {
    expect(offline.status.get().pending).toBe(QUEUED);
    offline.connect();
    await eventually(
      () => expect(offline.status.get()).toMatchObject({ connected: true, pending: 0, rejected: 0 }),
      60_000,
    );
    expect(versionOf(offline)).toBe(steps.schema.version);
    await expectEqual(offline, 'invoices');
    await expectEqual(offline, 'credit_notes');
    const [{ count } = { count: '' }] = (await demo.source.rows(
      `select count(*) as count from invoices where tenant_id = '${tenant}' and notes like 'queued %'`,
    )) as { count: string }[];
    expect(count).toBe(String(QUEUED));
    const [mutations] = await demo.source.rows(
      `select count(*) as count from sync.client_mutation where client_id = $1`,
      [must(offline.status.get().clientId, 'registered')],
    );
    expect(mutations?.['count']).toBe(String(QUEUED));
  }, 120_000);

  it('can be written by a client of the older bundle: the new table, too', async () => {
    await online.db.query(`insert into credit_notes (tenant_id, reason) values ($1, 'from the client')`, [tenant]);
    await eventually(async () => {
      const rows = await demo.source.rows(`select version from credit_notes where reason = 'from the client'`);
      expect(rows).toHaveLength(1);
    }, 60_000);
    await expectEqual(online, 'credit_notes');
  }, 120_000);

  it('a fresh client of the older bundle starts with the schema in force', async () => {
    const fresh = await clientOf('fresh');
    expect(versionOf(fresh)).toBe(steps.schema.version);
    await expectEqual(fresh, 'credit_notes');
  }, 120_000);
});

describe('[M2] a rename, which breaks apps', () => {
  it('leaves an older app where it is: it reads and writes in its own words', async () => {
    const older = await clientOf('older');
    const [{ id } = { id: '' }] = (await older.db.query<{ id: string }>(`${invoiceIds} limit 1`)).rows;
    const before = versionOf(older);
    await steps.run({
      name: 'RenameNotes1764000000002',
      up: ['alter table invoices rename column notes to remarks'],
      down: ['alter table invoices rename column remarks to notes'],
    });
    await demo.source.run(`update invoices set remarks = 'told by the server' where id = '${id}'`);
    await eventually(async () => {
      const { rows } = await older.db.query<{ notes: string }>('select notes from invoices where id = $1', [id]);
      expect(rows).toEqual([{ notes: 'told by the server' }]);
    }, 60_000);
    expect(versionOf(older)).toBe(before);
    expect(older.status.get().schema.fit).toBe('translate');
    await older.db.query(`update invoices set notes = 'told by the client' where id = $1`, [id]);
    await eventually(async () => {
      const rows = await demo.source.rows(`select remarks from invoices where id = $1`, [id]);
      expect(rows.map((row) => ({ ...row }))).toEqual([{ remarks: 'told by the client' }]);
    }, 60_000);
    await eventually(() => expect(older.status.get()).toMatchObject({ pending: 0, rejected: 0 }));
  }, 180_000);

  it('an app that was built with it has the new name', async () => {
    const newer = await clientOf('newer', steps.schema);
    expect(versionOf(newer)).toBe(steps.schema.version);
    await expectEqual(newer, 'invoices');
  }, 120_000);
});

describe('[M3] a dropped column, which no older app can be told of', () => {
  it('stops it before the step: told so, and what it writes is kept', async () => {
    const stopped = await clientOf('stopped');
    await steps.run({
      name: 'DropPurchaseOrder1764000000003',
      up: ['alter table invoices drop column purchase_order'],
      down: ['alter table invoices add purchase_order text'],
    });
    await eventually(() => expect(stopped.status.get().schema.fit).toBe('must-update-app'), 60_000);
    const [{ id } = { id: '' }] = (await stopped.db.query<{ id: string }>(`${invoiceIds} limit 1`)).rows;
    await stopped.db.query(`update invoices set status = 'void' where id = $1`, [id]);
    expect(stopped.status.get().pending).toBe(1);
    const kept = await stopped.pending().load();
    expect(kept).toHaveLength(1);
    expect(stopped.status.get().rejected).toBe(0);
  }, 180_000);

  it('an app that was built with it goes on', async () => {
    const updated = await clientOf('updated', steps.schema);
    await expectEqual(updated, 'invoices');
  }, 120_000);
});
