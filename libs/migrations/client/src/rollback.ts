import { SyncError } from '@millrace/kernel';
import { isTranslatable, type SchemaStep } from '@millrace/schema-compat';
import type { ClientMigration } from './client-migration.js';

/** The step that takes a migration back on a client whose tables are of `version`. Throws what speaks against it. */
export function rollbackStep(name: string, known: readonly ClientMigration[], version: string): SchemaStep {
  const found = known.find(({ migration }) => migration.name === name);
  if (!found?.applied) throw new SyncError('not-found', `${name} is not applied here: there is nothing to roll back`);
  const { migration } = found;
  if (migration.version !== version) {
    const later = known
      .filter((each) => each.applied && each.migration.timestamp > migration.timestamp)
      .map((each) => each.migration.name);
    throw new SyncError(
      'schema-unknown',
      `${name} is not the last migration here: roll back ${later.length > 0 ? later.reverse().join(', ') : `what led to ${version}`} first`,
    );
  }
  const step: SchemaStep = { migration, direction: 'down' };
  if (migration.previous === null || !isTranslatable({ migration, direction: 'up' }))
    throw new SyncError(
      'schema-unknown',
      `${name} cannot be rolled back on a client: the server's rows cannot be told in schema ${migration.previous ?? 'before the first one'}`,
    );
  return step;
}
