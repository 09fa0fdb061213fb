import pg from 'pg';
import { acquireDatabase } from './acquire-database.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('acquireDatabase', () => {
  it('gives an empty database of its own each time', async () => {
    await using one = await acquireDatabase();
    await using other = await acquireDatabase();
    await query(one.url, 'create table only_here (id int)');
    expect(await query(other.url, `select to_regclass('only_here') as found`)).toEqual([{ found: null }]);
  });

  it('has what capture needs: logical WAL, and a role that may replicate', async () => {
    await using database = await acquireDatabase();
    expect(
      await query(
        database.url,
        `select current_setting('wal_level') as level, rolreplication as may from pg_roles where rolname = current_user`,
      ),
    ).toEqual([{ level: 'logical', may: true }]);
  });

  it('drops the database although a client is connected and a slot exists', async () => {
    const database = await acquireDatabase();
    const client = new pg.Client({ connectionString: database.url });
    const disconnected = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query(`select pg_create_logical_replication_slot('of_' || current_database(), 'pgoutput')`);
    await database[Symbol.asyncDispose]();
    await disconnected;

    await using watcher = await acquireDatabase();
    expect(await query(watcher.url, `select datname from pg_database where datname = '${database.name}'`)).toEqual([]);
    expect(
      await query(watcher.url, `select slot_name from pg_replication_slots where database = '${database.name}'`),
    ).toEqual([]);
  });
});
