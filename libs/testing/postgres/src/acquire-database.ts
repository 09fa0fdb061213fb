import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A fresh, empty database that lives as long as the test: `await using database = await acquireDatabase()`. */
export interface TestDatabase extends AsyncDisposable {
  /** Of the superuser, with REPLICATION, in this database. */
  readonly url: string;
  readonly name: string;
}

export interface AcquireOptions {
  /** The server to use; default: the one that Jest's global set-up or `npm test` started. */
  readonly serverUrl?: string;
}

/**
 * Makes a database with a random name and drops it, with its replication slots and whoever is connected, at the end.
 * @throws Error if there is no server to make it in
 */
export async function acquireDatabase(options: AcquireOptions = {}): Promise<TestDatabase> {
  const serverUrl = options.serverUrl ?? requireServerUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name} template template0`));
  return {
    url: urlOfDatabase(serverUrl, name),
    name,
    [Symbol.asyncDispose]: () => withClient(serverUrl, (client) => dropDatabase(client, name)),
  };
}

/** The URL of another database on the same server. */
function urlOfDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

function requireServerUrl(): string {
  const url = process.env['MILLRACE_TEST_POSTGRES_URL'];
  if (url !== undefined && url !== '') return url;
  throw new Error(
    'no Postgres for tests: Jest starts one for projects that have *.pg.spec.ts files; ' +
      'elsewhere set MILLRACE_TEST_POSTGRES_URL to a superuser of a server with wal_level=logical',
  );
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Closes the door first: a worker under test reconnects at once, and a slot in use would keep the database alive. */
async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  await client.query(`alter database ${name} allow_connections false`);
  await client.query('select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1', [name]);
  await client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1', [
    name,
  ]);
  await client.query(`drop database ${name} with (force)`);
}
