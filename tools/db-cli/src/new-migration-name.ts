import { join } from 'node:path';
import { UserError } from '@millrace/processes';
import { className, migrationFiles } from './migration-files.js';
import type { WorkspacePaths } from './workspace-paths.js';

export interface NewMigration {
  readonly className: string;
  readonly file: string;
}

/**
 * `AddCreditNotes`, `addCreditNotes` or `add-credit-notes`, with a timestamp after those of all others.
 * @throws UserError if no class can have the name
 */
export function newMigration(paths: WorkspacePaths, name: string, now: number = Date.now()): NewMigration {
  const kebab = name
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[\s_]+/g, '-')
    .toLowerCase();
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab) || kebab.length > 80) {
    throw new UserError(`“${name}” is no name for a migration`, {
      why: 'it becomes the name of a file and of a class',
      wayOut: ['letters, digits and dashes, beginning with a letter: add-credit-notes'],
    });
  }
  const timestamps = migrationFiles(paths).map((file) => Number(/([0-9]{13})-[^/]*$/.exec(file)?.[1] ?? 0));
  const timestamp = Math.max(now, ...timestamps.map((other) => other + 1));
  const stem = `${timestamp}-${kebab}`;
  return { className: className(stem), file: join(paths.migrations, `${stem}.ts`) };
}
