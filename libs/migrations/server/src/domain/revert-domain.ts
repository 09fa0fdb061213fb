import { SyncError } from '@millrace/kernel';
import { compareVersions } from '@millrace/schema-compat';
import type { ClientBase } from 'pg';
import { DOMAIN_LOCK, takeLock } from '../advisory-lock.js';
import { readStore } from '../store/migration-store.js';
import type { StoredMigration } from '../store/stored-migration.js';
import { withClient } from '../with-client.js';
import { readApplied } from './applied-migrations.js';
import { PUBLICATION, type MigrateDomainOptions } from './migrate-domain.js';
import { takeStep } from './take-step.js';

export interface RevertDomainOptions extends MigrateDomainOptions {
  /** Although clients have the newer version. */
  readonly force?: boolean;
}

/**
 * Takes the last migration back: a step of the catalogue like any other, which clients take in the stream.
 * @returns its name; null if there is none
 * @throws SyncError `migration-failed` if clients need the newer version, or rows stand against it: with how many
 */
export async function revertDomain(options: RevertDomainOptions): Promise<string | null> {
  const { url, log, store = readStore(), publication = PUBLICATION, dryRun = false, force = false } = options;
  return withClient(url, async (client) => {
    await takeLock(client, DOMAIN_LOCK);
    const { catalogue, executed } = await readApplied(client, store, { dryRun });
    const last = executed.at(-1);
    if (last === undefined) return null;
    const migration = store.migrations.get(last);
    if (!migration) {
      throw new SyncError(
        'database-misconfigured',
        `${last} ran last in this database and is not among the migrations here: run the version of the code that has it`,
      );
    }
    if (catalogue && !force) await refuseForClients(client, migration);
    if (!dryRun) {
      await takeStep(client, { migration, direction: 'down' }, { ...options, log, publication, catalogue });
    }
    log?.(`reverted ${last}`);
    return last;
  });
}

interface ClientGroup {
  readonly tables: string | null;
  readonly app: string | null;
  readonly lately: boolean;
  readonly clients: number;
}

/** What they hold or have queued in the newer version would have to be told in the older one, and may have no words there. */
async function refuseForClients(client: ClientBase, { name, version }: StoredMigration): Promise<void> {
  const { rows } = await client.query<ClientGroup>(`
    select schema_version as tables, app_version as app, last_seen_at > now() - interval '15 minutes' as lately, count(*)::int as clients
    from sync.client_status where schema_version is not null or app_version is not null group by 1, 2, 3`);
  const isNewer = (has: string | null): boolean => has !== null && compareVersions(has, version) >= 0;
  const newer = rows.filter(({ tables, app }) => isNewer(tables) || isNewer(app));
  const total = (lately: boolean): number =>
    newer.filter((group) => group.lately === lately).reduce((sum, { clients }) => sum + clients, 0);
  const [here, away] = [total(true), total(false)];
  if (here + away === 0) return;
  throw new SyncError(
    'migration-failed',
    `${name} was not reverted: ${here} connected clients have schema ${version} or need it, and ${away} that are away may hold writes made in it. ` +
      'What to do: wait until they are on an older version, or revert all the same: npm run migration:revert -- --force (what cannot be told in the older schema is rejected, one write at a time, with a reason)',
  );
}
