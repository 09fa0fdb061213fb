import { SyncError, errorText } from '@millrace/kernel';
import { Client, DatabaseError, type ClientBase } from 'pg';

const CONNECT_WITHIN_MS = 15_000;

/**
 * Runs `work` on a session of its own.
 * @throws SyncError `database-unavailable` if there is none to be had, `database-misconfigured` if the role lacks a right
 */
export async function withClient<T>(url: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } catch (error) {
    throw isMissingRight(error) ? missingRight(error) : error;
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
  return error instanceof DatabaseError && /^(28|3D)/.test(error.code ?? '');
}

const INSUFFICIENT_PRIVILEGE = '42501';

function isMissingRight(error: unknown): error is Error & { code: string } {
  const cause = error instanceof DatabaseError ? error : (error as { driverError?: unknown }).driverError;
  return cause instanceof DatabaseError && cause.code === INSUFFICIENT_PRIVILEGE;
}

function missingRight(error: Error): SyncError {
  return new SyncError(
    'database-misconfigured',
    `the role of the connection string may not do this: ${error.message}`,
    { cause: error },
  );
}
