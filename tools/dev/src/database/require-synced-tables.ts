import { UserError } from '@millrace/processes';
import type { TableFault } from '@millrace/migrations-server';

/**
 * Makes sure that somebody's own tables are as the entities have them, before anything is captured from them.
 * @throws UserError naming everything that is not, each with the statement that mends it
 */
export async function requireSyncedTables(url: string): Promise<void> {
  const { syncedTableFaults } = await import('@millrace/migrations-server');
  const faults = await syncedTableFaults({ url });
  if (faults.length === 0) return;
  const missing = faults.filter(({ mend }) => mend === null);
  throw missing.length > 0 ? tablesMissing(missing) : tablesDiffer(faults);
}

function tablesMissing(missing: readonly TableFault[]): UserError {
  return new UserError(`this database lacks the tables ${missing.map(({ table }) => table).join(', ')}`, {
    why: 'they are the ones that the entities in libs/entities ask to be synced',
    wayOut: [
      'make them, with a demo tenant in them: DATABASE_URL=… npm start -- --demo',
      'or replace the entities by those of your own tables',
    ],
  });
}

function tablesDiffer(faults: readonly TableFault[]): UserError {
  return new UserError('the tables of this database are not as the entities have them', {
    why: faults.map(({ what }) => what).join('; '),
    wayOut: [...faults.flatMap(({ mend }) => mend ?? []), 'or change the entities in libs/entities to match'],
  });
}
