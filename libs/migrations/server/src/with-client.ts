import { SyncError, errorText } from '@millrace/kernel';
import { Client, type ClientBase } from 'pg';
import { pgErrorOf } from './pg-error.js';

const CONNECT_WITHIN_MS = 15_000;

/**
 * Runs `work` on a session of its own.
 * @throws SyncError `database-unavailable` if there is none to be had, `database-misconfigured` if the role lacks a right or something is in the way
 */
export async function withClient<T>(url: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } catch (error) {
    throw explained(error);
  } finally {
    await client.end();
  }
}

/** BEGIN, `work`, COMMIT; rolled back on any error. */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function connect(url: string): Promise<Client> {
  const client = clientFor(url);
  // Without a listener, a session that Postgres ends would take the whole process with it; the pending query reports the loss.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const where = `Postgres at ${client.host}:${client.port}`;
    throw isRefusal(error)
      ? new SyncError('database-misconfigured', `${where} refuses the connection string: ${errorText(error)}`, {
          cause: error,
        })
      : new SyncError('database-unavailable', `${where} can't be reached: ${errorText(error)}`, { cause: error });
  }
}

function clientFor(url: string): Client {
  try {
    return new Client({
      connectionString: url,
      application_name: 'millrace-migrate',
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
    });
  } catch (error) {
    // Not quoted: it may hold a password.
    throw new SyncError('database-misconfigured', 'the connection string is not a postgres:// URL', { cause: error });
  }
}

/** Wrong role or password (class 28), or no such database: waiting will not help. */
function isRefusal(error: unknown): boolean {
  return /^(28|3D)/.test(pgErrorOf(error)?.code ?? '');
}

/** What the owner of the database can mend gets a code that says so. */
function explained(error: unknown): unknown {
  const cause = pgErrorOf(error);
  const meaning = cause && MEANINGS[cause.code ?? ''];
  return meaning ? new SyncError('database-misconfigured', `${meaning}: ${cause.message}`, { cause: error }) : error;
}

const EXISTS =
  'the database already holds something of that name; use one without these tables, or rename what is in the way';

const MEANINGS: Readonly<Record<string, string>> = {
  '42501': 'the role of the connection string may not do this',
  '42P07': EXISTS,
  '42710': EXISTS,
  '42723': EXISTS,
};
