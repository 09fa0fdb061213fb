import type { ClientBase } from 'pg';
import type { MigrateOptions } from '../migrate-options.js';
import { inTransaction, withClient } from '../with-client.js';
import { SEED_LOCK, takeLock } from '../advisory-lock.js';
import { DEMO_SQL, DEMO_TENANT_ID } from './demo-sql.js';

/** Somebody to sign in as. */
export interface DemoUser {
  readonly email: string;
  readonly displayName: string;
  readonly role: string;
}

/**
 * Makes a demo tenant with three users and some invoices, unless it is there already: then nothing is touched, since somebody may have
 * edited or deleted rows of it. The tables must exist.
 * @returns the tenant's users as they are now, admins first
 */
export async function seedDemo({ url, log }: MigrateOptions): Promise<readonly DemoUser[]> {
  return withClient(url, async (client) => {
    await takeLock(client, SEED_LOCK);
    await inTransaction(client, () => seedOnce(client, log));
    return readDemoUsers(client);
  });
}

async function seedOnce(client: ClientBase, log: MigrateOptions['log']): Promise<void> {
  const { rowCount } = await client.query('select from tenants where id = $1', [DEMO_TENANT_ID]);
  if (rowCount) return;
  await client.query(DEMO_SQL);
  log?.('demo tenant Riverside Mill');
}

async function readDemoUsers(client: ClientBase): Promise<readonly DemoUser[]> {
  const { rows } = await client.query<DemoUser>(
    'select email, display_name as "displayName", role from users where tenant_id = $1 order by role, email',
    [DEMO_TENANT_ID],
  );
  return rows;
}
