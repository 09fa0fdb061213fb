import { entities, schemaOfEntities } from '@millrace/db/server';
import type { MigrationStore } from '@millrace/migrations-server';
import { openTrialDatabase, processChain, type MigrationSource } from '@millrace/migrations-server/processing';

/** What migrations are to servers and clients, on a database of its own. `from`: those before it are taken as stored. Throws MigrationError. */
export async function workOut(
  sources: readonly MigrationSource[],
  { stored, from }: { readonly stored: MigrationStore; readonly from: string | null },
): Promise<MigrationStore> {
  const head = await schemaOfEntities(Object.values(entities), '0.0.0');
  await using database = await openTrialDatabase();
  return await processChain({ database, sources, stored, head, ...(from === null ? {} : { from }) });
}
