import { withClient } from '../with-client.js';
import { hasCatalogue, readCatalogueRows } from './catalogue-rows.js';
import { readExecuted } from './executed-migrations.js';

export interface IsExecutedOptions {
  readonly url: string;
  /** Class name of the migration. */
  readonly name: string;
}

/** Whether a database has a migration, has had it, or never saw it. */
export async function isExecuted({ url, name }: IsExecutedOptions): Promise<'executed' | 'reverted' | 'never'> {
  return withClient(url, async (client) => {
    if ((await readExecuted(client)).includes(name)) return 'executed';
    if (!(await hasCatalogue(client))) return 'never';
    return (await readCatalogueRows(client)).some((row) => row.name === name) ? 'reverted' : 'never';
  });
}
