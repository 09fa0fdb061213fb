import { schema, validators } from '@millrace/db';
import { quoteIdent, quoteTable } from '@millrace/schema-meta';
import { acquireDatabase } from '@millrace/testing-postgres';
import { migrateDomain } from '../domain/migrate-domain.js';
import { withClient } from '../with-client.js';
import { seedDemo } from './seed-demo.js';

const DEMO_USERS = [
  { email: 'ada@riverside-mill.example', displayName: 'Ada Miller', role: 'admin' },
  { email: 'ben@riverside-mill.example', displayName: 'Ben Weir', role: 'member' },
  { email: 'cleo@riverside-mill.example', displayName: 'Cleo Sluice', role: 'member' },
];

async function countRows(url: string): Promise<Record<string, number>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Record<string, number>>(
      `select ${schema.tables.map(({ name }) => `(select count(*)::int from ${quoteTable(name)}) as ${quoteIdent(name)}`).join(', ')}`,
    );
    return rows[0] ?? {};
  });
}

describe('seedDemo', () => {
  it('makes a tenant with users and invoices, once, also when two start together', async () => {
    await using database = await acquireDatabase();
    await migrateDomain({ url: database.url });
    expect(await Promise.all([seedDemo({ url: database.url }), seedDemo({ url: database.url })])).toEqual([
      DEMO_USERS,
      DEMO_USERS,
    ]);
    expect(await countRows(database.url)).toEqual({ tenants: 1, users: 3, profiles: 3, invoices: 12, payments: 7 });
  });

  it('does not bring back what somebody deleted', async () => {
    await using database = await acquireDatabase();
    await migrateDomain({ url: database.url });
    await seedDemo({ url: database.url });
    await withClient(database.url, (client) => client.query(`delete from payments`));
    await seedDemo({ url: database.url });
    expect(await countRows(database.url)).toMatchObject({ payments: 0 });
  });

  it('makes rows that the validators take', async () => {
    await using database = await acquireDatabase();
    await migrateDomain({ url: database.url });
    await seedDemo({ url: database.url });
    await withClient(database.url, async (client) => {
      for (const { name, columns } of schema.tables) {
        const list = columns.map((column) => `${quoteIdent(column.name)}::text`).join(', ');
        const { rows } = await client.query<Record<string, string | null>>(`select ${list} from ${quoteTable(name)}`);
        expect(rows.flatMap((row) => validators.validate(name, row, Object.keys(row)))).toEqual([]);
      }
    });
  });
});
