import { acquireDatabase } from '@millrace/testing-postgres';
import { withClient } from '../with-client.js';
import { engineMigrations } from './index.js';
import { migrateEngine } from './migrate-engine.js';

const names = engineMigrations.map(({ name }) => name);

function query<T extends object>(url: string, sql: string): Promise<T[]> {
  return withClient(url, async (client) => (await client.query<T>(sql)).rows);
}

describe('migrateEngine', () => {
  it('makes the tables, says so, and has nothing to do the second time', async () => {
    await using database = await acquireDatabase();
    const lines: string[] = [];
    expect(await migrateEngine({ url: database.url, log: (line) => lines.push(line) })).toEqual(names);
    expect(await migrateEngine({ url: database.url, log: (line) => lines.push(line) })).toEqual([]);
    expect(lines).toEqual(names.map((name) => `engine migration ${name}`));
    expect(await query(database.url, 'select count(*)::int as rows from sync.change_history')).toEqual([{ rows: 0 }]);
  });

  it('runs each migration once when several processes start at once', async () => {
    await using database = await acquireDatabase();
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrateEngine({ url: database.url })));
    expect(runs.flat()).toEqual(names);
  });

  it('leaves nothing of a migration that fails, and keeps those before it', async () => {
    await using database = await acquireDatabase();
    const broken = { name: '999-broken', sql: 'create table sync.half (id int); select 1/0' };
    await expect(migrateEngine({ url: database.url, migrations: [...engineMigrations, broken] })).rejects.toThrow(
      'division by zero',
    );
    expect(await query(database.url, `select to_regclass('sync.half') as half`)).toEqual([{ half: null }]);
    expect(await migrateEngine({ url: database.url })).toEqual([]);
  });

  it('refuses a database of another wording or of a newer version', async () => {
    await using database = await acquireDatabase();
    const step = { name: '001', sql: 'select 1' };
    await migrateEngine({ url: database.url, migrations: [step] });
    const refusal = {
      code: 'database-misconfigured',
      message: expect.stringContaining('engine migration 001 was applied') as string,
    };
    await expect(
      migrateEngine({ url: database.url, migrations: [{ name: '001', sql: 'select 2' }] }),
    ).rejects.toMatchObject(refusal);
    await expect(migrateEngine({ url: database.url, migrations: [] })).rejects.toMatchObject(refusal);
  });

  it('says which right is missing', async () => {
    await using database = await acquireDatabase();
    const role = `${database.name}_reader`;
    await query(database.url, `create role ${role} login password 'reader'`);
    try {
      const url = Object.assign(new URL(database.url), { username: role, password: 'reader' });
      await expect(migrateEngine({ url: url.href })).rejects.toMatchObject({
        code: 'database-misconfigured',
        message: expect.stringContaining('permission denied for database') as string,
      });
    } finally {
      await query(database.url, `drop role ${role}`);
    }
  });

  it('tells a database that is not there from one that is not reachable', async () => {
    await using database = await acquireDatabase();
    const nowhere = Object.assign(new URL(database.url), { port: '1' });
    const nameless = Object.assign(new URL(database.url), { pathname: '/no_such_database' });
    await expect(migrateEngine({ url: nowhere.href })).rejects.toMatchObject({ code: 'database-unavailable' });
    await expect(migrateEngine({ url: nameless.href })).rejects.toMatchObject({ code: 'database-misconfigured' });
    await expect(migrateEngine({ url: 'postgres://[/db' })).rejects.toMatchObject({
      code: 'database-misconfigured',
    });
  });
});
