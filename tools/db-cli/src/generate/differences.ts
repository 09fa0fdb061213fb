import { readCatalog, type TrialDatabase } from '@millrace/migrations-server/processing';
import { UserError } from '@millrace/processes';
import type { SchemaMeta } from '@millrace/schema-meta';
import { entityDiff, runAll, safeEntityDiff } from './entity-diff.js';
import { columnRenames, tableRenames, type RenameOptions } from './renames.js';
import { enumChanges } from './enum-changes.js';
import { syncNeeds } from './sync-needs.js';
import { inOrder, type TwoWay } from './two-way-statement.js';
import { typeChanges } from './type-changes.js';

/**
 * What leads from the tables to the entities, and back: step by step, each tried on the database before the next is looked for. Leaves it changed.
 * @throws UserError for what would lose data, or can't be said by statements
 */
export async function differences(
  { source, run }: TrialDatabase,
  { head, renames }: { readonly head: SchemaMeta; readonly renames: RenameOptions },
): Promise<TwoWay> {
  const before = await readCatalog(run);
  const take = async (changes: readonly TwoWay[]): Promise<TwoWay> => {
    const change = inOrder(changes);
    await runAll(run, change.up);
    return change;
  };
  const steps = [
    await take(tableRenames(renames.given)),
    await take(await columnRenames(source, await readCatalog(run), renames)),
    await take(typeChanges(source, await readCatalog(run))),
    await take(enumChanges(source, await readCatalog(run))),
    await take([await safeEntityDiff(source)]),
  ];
  steps.push(await take(await syncNeeds(head, { run, before, now: await readCatalog(run) })));
  const left = await entityDiff(source);
  if (left.up.length > 0) {
    throw new UserError('the generated statements do not lead to the entities', {
      why: `left over: ${left.up.join('; ')}`,
      wayOut: ['npm run migration:create -- <name>, and write it by hand', 'or change less at a time'],
    });
  }
  return inOrder(steps);
}
